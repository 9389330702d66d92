import json
import os
from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from naive_variants import reverse_complement
from scipy.stats import chisquare
from toy_store import export_toy_model

from noncoding.common.errors import InputError
from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import Variant
from noncoding.models.export import load_model
from noncoding.prediction import background as module
from noncoding.prediction.background import (
    Background,
    Substitution,
    background,
    quotas,
    random_snvs,
    substitution,
)
from noncoding.prediction.shards import Shards
from noncoding.prediction.variant_scores import TargetScores, VariantScores
from noncoding.prediction.variants import VariantScorer

LENGTHS = {"one": 3000, "two": 800, "three": 40}
KINDS = {
    Substitution("ACG", "T"): 60,
    Substitution("TCA", "G"): 25,
    Substitution("TCA", "A"): 10,
    Substitution("GTT", "A"): 5,
}


@pytest.fixture(scope="module")
def chromosomes():
    generator = np.random.default_rng(3)
    return {
        name: "".join(generator.choice([*"ACGTacgtN"], length)) for name, length in LENGTHS.items()
    }


@pytest.fixture(scope="module")
def genome(chromosomes, tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in chromosomes.items()))
    return Sequences(path)


def kind_of(chromosomes, variant):
    """The kind of an SNV by the text of its chromosome; None next to an end or N."""
    start = variant.position - 1
    text = chromosomes[variant.chromosome].upper()
    assert text[start] == variant.ref
    triplet, alternative = text[max(start - 1, 0) : start + 2], variant.alt
    if len(triplet) < 3 or "N" in triplet:
        return None
    if triplet[1] in "AG":
        triplet, alternative = reverse_complement(triplet), reverse_complement(alternative)
    return Substitution(triplet, alternative)


def test_kinds_are_those_of_the_text_of_the_genome(genome, chromosomes):
    variants = [
        Variant(0, 1, name, start + 1, ".", text[start].upper(), alt)
        for name, text in chromosomes.items()
        for start, alt in product(range(40), "ACGT")
        if text[start] not in "Nn" and alt != text[start].upper()
    ]
    made = place(variants, genome, where="f", length=10, mismatch="error", names={})
    found = [substitution(genome, each) for each in made]
    assert found == [kind_of(chromosomes, variant) for variant in variants]
    assert None in found


@pytest.mark.parametrize(("ref", "alt"), [("CA", "C"), ("C", "CA"), ("CA", "TG"), ("C", "<DEL>")])
def test_only_snvs_have_a_kind(tmp_path, ref, alt):
    (tmp_path / "genome.fa").write_text(">c\nGGCAGG\n")
    genome = Sequences(tmp_path / "genome.fa")
    [made] = place(
        [Variant(0, 1, "c", 3, ".", ref, alt)],
        genome,
        where="f",
        length=4,
        mismatch="error",
        names={},
    )
    assert substitution(genome, made) is None


def test_numbers_are_those_of_the_kinds(genome, chromosomes):
    variants = [each.variant for each in random_snvs(genome, 200, KINDS, seed=0)]
    found = Counter(kind_of(chromosomes, variant) for variant in variants)
    assert found == {kind: 2 * count for kind, count in KINDS.items()}


@given(
    st.dictionaries(st.sampled_from(list(product("AB", "CD"))), st.integers(1, 50), min_size=1),
    st.integers(1, 100),
)
def test_quotas_are_proportional_but_for_rounding(kinds, number):
    found = quotas(kinds, number)
    assert sum(found.values()) == number
    total = sum(kinds.values())
    assert all(abs(found[kind] - number * kinds[kind] / total) < 1 for kind in kinds)


def test_positions_of_a_kind_are_equally_probable(genome, chromosomes):
    variants = [
        each.variant for each in random_snvs(genome, 6000, {Substitution("ACG", "T"): 1}, 0)
    ]
    possible = [
        (name, start + 1)
        for name, text in chromosomes.items()
        for start in range(1, len(text) - 1)
        if text[start - 1 : start + 2].upper() in ("ACG", "CGT")
    ]
    found = Counter((each.chromosome, each.position) for each in variants)
    assert set(found) <= set(possible)
    assert chisquare([found[place] for place in possible]).pvalue > 0.01


def test_without_kinds_positions_and_alternatives_are_equally_probable(genome, chromosomes):
    variants = [each.variant for each in random_snvs(genome, 9000, {}, seed=0)]
    for each in variants:
        assert chromosomes[each.chromosome][each.position - 1].upper() == each.ref != each.alt
    found = Counter((each.ref, each.alt) for each in variants)
    text = "".join(chromosomes.values()).upper()
    pairs = [(ref, alt) for ref, alt in product("ACGT", repeat=2) if ref != alt]
    expected = np.array([text.count(ref) for ref, _ in pairs], float)
    counts = [found[pair] for pair in pairs]
    # Positions next to N or to an end are left out, for all bases alike.
    assert chisquare(counts, expected * sum(counts) / expected.sum()).pvalue > 0.001
    of_one = sum(each.chromosome == "one" for each in variants) / len(variants)
    assert of_one == pytest.approx(LENGTHS["one"] / sum(LENGTHS.values()), abs=0.03)


def test_the_seed_decides(genome):
    first, again, other = (random_snvs(genome, 50, KINDS, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_alternatives_and_organelles_are_left_out(tmp_path):
    bases = "ACGTTGCA" * 20
    for names, drawn in ((["chr1", "chr1_alt", "chrM"], {"chr1"}), (["chrM"], {"chrM"})):
        (tmp_path / "genome.fa").write_text("".join(f">{name}\n{bases}\n" for name in names))
        found = random_snvs(Sequences(tmp_path / "genome.fa"), 60, {}, 0)
        assert {each.variant.chromosome for each in found} == drawn


@pytest.mark.parametrize(
    ("bases", "kinds"), [("ACGT" * 9, KINDS), ("NNAN" * 9, {}), ("AC", {}), ("", {})]
)
def test_a_genome_without_such_positions_is_refused(tmp_path, monkeypatch, bases, kinds):
    monkeypatch.setattr(module, "_MOST_MISSED", 20_000)
    (tmp_path / "genome.fa").write_text(f">c\n{bases}\n")
    with pytest.raises(InputError, match=r"too few positions .*for 10 random variants"):
        random_snvs(Sequences(tmp_path / "genome.fa"), 10, kinds, 0)


def test_shares_are_those_of_a_count():
    generator = np.random.default_rng(0)
    differences = np.abs(generator.normal(size=(30, 4))).astype(np.float32).round(1)
    scores = generator.normal(size=(20, 4)).astype(np.float32).round(1)
    scores[3] = np.nan
    largest = np.take_along_axis(scores, np.abs(scores).argmax(1)[:, None], 1)[:, 0]
    given = VariantScores(np.zeros(20, int), largest, targets=TargetScores(*[scores] * 4))
    found = Background.of([differences[:3], differences[3:]]).with_shares(given)

    def share(values, score):
        if np.isnan(score):
            return np.nan
        return (1 + sum(value >= abs(score) for value in values)) / (1 + len(values))

    expected = [[share(differences[:, t], row[t]) for t in range(4)] for row in scores]
    np.testing.assert_allclose(found.targets.background_share, expected, rtol=1e-6)
    expected = [share(differences.max(1), score) for score in largest]
    np.testing.assert_allclose(found.background_share, expected, rtol=1e-6)
    assert found.background_share.dtype == np.float32
    short = Background.of([differences], every_target=False).with_shares(given)
    np.testing.assert_array_equal(short.background_share, found.background_share)


@pytest.fixture
def model(tmp_path):
    export_toy_model(tmp_path / "model")
    return load_model(tmp_path / "model")


def made(model, genome, number=30, kinds=KINDS, seed=0, digests=None, every_target=True, **options):
    scorer = VariantScorer(model, torch.device("cpu"), **options)
    progress = []
    digests = digests or {"model": "m"}
    found = background(
        *(scorer, genome, number, kinds, seed, digests, progress.append), every_target=every_target
    )
    assert sum(progress) == number
    return found


def test_values_are_the_scores_of_the_drawn_variants(model, genome):
    found = made(model, genome, targets=np.array([2, 0]))
    variants = random_snvs(genome, 30, KINDS, 0)
    scorer = VariantScorer(model, torch.device("cpu"))
    [(_, scores)] = scorer.scores([variants], genome)
    differences = np.abs(scores.targets.logit_difference)[:, [2, 0]]
    np.testing.assert_allclose(found.by_target, np.sort(differences, axis=0).T, atol=1e-6)
    np.testing.assert_allclose(found.largest, np.sort(differences.max(1)), atol=1e-6)
    largest = made(model, genome, targets=np.array([2, 0]), every_target=False)
    assert largest.by_target is None
    np.testing.assert_array_equal(largest.largest, found.largest)


def test_too_little_room_for_the_cache_is_reported_before_scoring(model, genome, monkeypatch):
    monkeypatch.setattr("noncoding.common.space.free_bytes", lambda folder: 4 * 3 * 30 - 1)
    monkeypatch.setattr(Shards, "write", None)
    with pytest.raises(InputError, match=r"359 bytes.*free.*360 bytes.*random variants"):
        made(model, genome)


def test_the_cache_is_used_for_the_same_settings_only(model, genome, monkeypatch):
    first = made(model, genome)
    folder = model.folder / "background"
    assert len([*folder.iterdir()]) == 1
    with monkeypatch.context() as patch:
        patch.setattr(module, "random_snvs", None)
        again = made(model, genome, targets=np.array([0, 1, 2]), batch_size=7)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    changes = [
        {"number": 31},
        {"seed": 1},
        {"kinds": {}},
        {"offsets": (0, 3)},
        {"both_strands": False},
        {"digests": {"model": "another"}},
    ]
    for number, change in enumerate(changes, start=2):
        made(model, genome, **change)
        assert len([*folder.iterdir()]) == number
    # The same proportions of kinds give the same variants.
    made(model, genome, kinds={kind: 3 * count for kind, count in KINDS.items()})
    assert len([*folder.iterdir()]) == 1 + len(changes)


def test_a_damaged_cache_is_computed_again(model, genome):
    first = made(model, genome)
    [folder] = (model.folder / "background").iterdir()
    (folder / "0.npy").write_bytes((folder / "0.npy").read_bytes()[:-4])
    again = made(model, genome)
    np.testing.assert_array_equal(first.largest, again.largest)
    assert json.loads((folder / "settings.json").read_text())["number"] == 30


def test_the_cache_of_a_model_that_cannot_be_written_is_the_users(
    model, genome, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    made(model, genome)
    assert len([*(tmp_path / "cache" / "noncoding" / "background").iterdir()]) == 1
    assert not (model.folder / "background").exists()


def test_the_cache_of_a_shipped_model_is_the_users(model, genome, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "SHIPPED", tmp_path)
    made(model, genome)
    assert (tmp_path / "cache" / "noncoding" / "background").exists()
