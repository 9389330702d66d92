import re
import tempfile

import numpy as np
import pandas as pd
import pytest

from noncoding.data.one_hot import letters, reverse_complement
from noncoding.data.simulation import MOTIFS, TARGETS, simulate_split
from noncoding.data.store import BOTH, Store
from noncoding.data.targets import read_targets
from noncoding.motifs.meme import read_motifs
from noncoding.stages.convert import convert
from noncoding.stages.simulate import simulate
from noncoding.stages.unpack import unpack

IUPAC = {"R": "[AG]", "Y": "[CT]", "S": "[CG]", "W": "[AT]", "K": "[GT]", "M": "[AC]", "N": "."}


def simulated(folder, train=4, valid=2, test=2):
    """The outputs of the stage, by name."""
    loci = {"train": train, "valid": valid, "test": test}
    simulate(folder, loci=loci, window=300, prevalence=0.5, seed=1)
    return folder


def pattern(consensus):
    return re.compile("".join(IUPAC.get(letter, letter) for letter in consensus))


@pytest.fixture(scope="module")
def split():
    return simulate_split("test", 300, 400, 0.3, np.random.default_rng(3))


def test_the_ground_truth_agrees_with_the_sequences(split):
    assert len(split.truth) > 300
    for site in split.truth.itertuples():
        found = split.sequences[site.locus][:, site.start : site.end]
        if site.strand == "-":
            found = reverse_complement(found)
        assert pattern(MOTIFS[site.motif]).fullmatch(letters(found))
        assert 120 <= site.start < site.end <= 280


def test_motifs_are_written_with_the_probabilities_of_their_consensus(tmp_path):
    written = read_motifs(simulated(tmp_path) / "motifs.meme")
    assert set(written) == set(MOTIFS)
    for name, matrix in written.items():
        np.testing.assert_allclose(matrix.sum(axis=0), 1, atol=1e-5)
        for letter, column in zip(MOTIFS[name], matrix.T, strict=True):
            allowed = re.compile(IUPAC.get(letter, letter))
            assert [bool(allowed.fullmatch(base)) for base in "ACGT"] == (column > 0).tolist()
            assert column[column > 0] == pytest.approx(1 / (column > 0).sum(), abs=1e-5)


def test_no_two_motifs_overlap(split):
    for _, sites in split.truth.groupby("locus"):
        ordered = sites.sort_values("start")
        assert (ordered["end"].to_numpy()[:-1] <= ordered["start"].to_numpy()[1:]).all()


def test_labels_follow_from_the_truth(split):
    planted = split.truth.groupby("locus")["motif"].agg(set)
    for locus, labels in enumerate(split.labels):
        held = planted.get(locus, set())
        assert labels.tolist() == [bool(held & set(motifs)) for _, motifs in TARGETS.values()]


def test_a_simulated_bundle_is_unpacked_and_converted(tmp_path):
    loci = {"train": 20, "valid": 4, "test": 6}
    simulated(tmp_path, **loci)
    unpack(
        tmp_path / "bundle.tar.gz", {f"{split}.mat": tmp_path / f"{split}.mat" for split in loci}
    )
    truth = pd.read_csv(tmp_path / "truth.tsv", sep="\t")
    for split, count in loci.items():
        convert(
            tmp_path / f"{split}.mat",
            tmp_path / f"{split}.h5",
            split=split,
            targets=read_targets(tmp_path / "targets.tsv"),
            window=300,
            bin=100,
            source={},
        )
        with Store(tmp_path / f"{split}.h5") as store:
            assert (store.rows, store.strands) == (2 * count, BOTH)
            sequences = store.sequences(slice(count))
        for site in truth[truth["split"] == split].itertuples():
            found = sequences[site.locus][:, site.start : site.end]
            if site.strand == "-":
                found = reverse_complement(found)
            assert pattern(MOTIFS[site.motif]).fullmatch(letters(found))


def test_the_seed_determines_the_sequences():
    def one(seed):
        return simulate_split("test", 10, 300, 0.3, np.random.default_rng(seed)).sequences

    np.testing.assert_array_equal(one(1), one(1))
    assert not np.array_equal(one(1), one(2))


def test_a_bundle_does_not_need_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    made = simulated(tmp_path / "made")
    names = {"bundle.tar.gz", "targets.tsv", "truth.tsv", "motifs.meme"}
    assert {path.name for path in made.iterdir()} == names
