"""Probabilities of sequences in memory."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from toy_genome import random_genome
from toy_store import LENGTH, TABLE, export_toy_model

from noncoding.common.errors import InputError
from noncoding.prediction import load_model, predict_sequences

COMPLEMENT = dict(zip("ACGTN", "TGCAN", strict=True))


@pytest.fixture
def model(tmp_path):
    return export_toy_model(tmp_path / "model"), tmp_path / "model"


def naive(network, sequence):
    """Probabilities of one sequence of letters, on the forward strand."""
    bases = torch.tensor([[float(base == letter) for base in sequence] for letter in "ACGT"])
    with torch.no_grad():
        return network(bases[None]).sigmoid()[0].numpy()


def both(network, sequence):
    reverse = "".join(COMPLEMENT[base] for base in reversed(sequence))
    return (naive(network, sequence) + naive(network, reverse)) / 2


def test_sequences_in_memory(model):
    network, folder = model
    sequences = list(random_genome(a=LENGTH, b=LENGTH, c=LENGTH).values())
    found = predict_sequences(folder, sequences, batch_size=2)
    assert found.dtype == np.float32
    expected = [both(network, sequence.upper()) for sequence in sequences]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    forward = predict_sequences(load_model(folder), sequences, both_strands=False, targets=["c", 0])
    expected = [naive(network, sequence.upper())[[0, 2]] for sequence in sequences]
    np.testing.assert_allclose(forward, expected, atol=1e-6)
    assert predict_sequences(folder, []).shape == (0, len(TABLE))


def test_shorter_sequences_are_at_the_centre_of_a_window_of_n(model):
    for given, padded in (
        ("", "N" * 40),
        ("G", "N" * 20 + "G" + "N" * 19),
        ("GA", "N" * 19 + "GA" + "N" * 19),
        ("GAC", "N" * 19 + "GAC" + "N" * 18),
    ):
        np.testing.assert_array_equal(*(predict_sequences(model[1], [s]) for s in (given, padded)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": ["ACGT", "A" * 41]}, "sequence 1: found 41 bp; expected at most 40 bp"),
        ({"sequences": ["ACGU"]}, "sequence 0, base 4: found the letter 'U'"),
        ({"sequences": ["A"], "targets": ["z*"]}, "found 'z\\*', which matches no target"),
    ],
)
def test_invalid_sequences_and_targets_are_refused(model, arguments, message):
    with pytest.raises(InputError, match=message):
        predict_sequences(model[1], **arguments)


def test_predictions_that_are_not_finite_are_refused(model):
    loaded = load_model(model[1])
    with torch.no_grad():
        next(loaded.network.parameters()).fill_(torch.nan)
    with pytest.raises(InputError, match="not between 0 and 1"):
        predict_sequences(loaded, ["ACGT"])


FAST = """
import sys
import noncoding.prediction
heavy = {"torch", "pandas"} & {*sys.modules}
assert not heavy, heavy
for name in noncoding.prediction.__all__:
    assert getattr(noncoding.prediction, name).__doc__, name
    assert name in dir(noncoding.prediction)
unneeded = {"snakemake", "pytorch_lightning"} & {*sys.modules}
assert not unneeded, unneeded
"""


def test_the_api_needs_neither_snakemake_nor_lightning():
    subprocess.run([sys.executable, "-c", FAST], check=True)


def test_a_model_of_the_package_is_named():
    found = predict_sequences("yeast", ["ACGT" * 250], targets=["Reb1", "Abf1"])
    np.testing.assert_array_equal(
        found, predict_sequences(load_model("yeast"), ["ACGT" * 250])[:, [0, 120]]
    )  # in the order of the target table


def test_an_unknown_name_of_the_api():
    with pytest.raises(ImportError, match="cannot import name 'predict_nothing'"):
        from noncoding.prediction import predict_nothing  # noqa: F401
