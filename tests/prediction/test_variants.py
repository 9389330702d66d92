from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear import Linear, weights
from naive_variants import (
    Change,
    changes,
    haplotypes,
    on_reverse_strand,
    random_changes,
    reverse_complement,
    windows,
)
from torch import nn
from toy_store import DANQ, toy_sizes

from noncoding.common.errors import InputError
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import codes, one_hot
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import Status, Variant
from noncoding.models.architectures import create_model
from noncoding.models.ensemble import Ensemble
from noncoding.models.export import ExportedModel
from noncoding.prediction.variants import VariantScorer

LENGTH = 40
CPU = torch.device("cpu")


class Recorded(nn.Module):
    """A network that counts the sequences it is given, and records each."""

    def __init__(self, network, length=LENGTH):
        super().__init__()
        self.network = network
        self.config = SimpleNamespace(length=length)
        self.seen = []

    def forward(self, sequences):
        self.seen.extend(each.numpy().tobytes() for each in sequences)
        return self.network(sequences)


def nonlinear(targets=5):
    torch.manual_seed(0)
    layers = [
        nn.Conv1d(4, 8, 7, padding=3),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(8 * LENGTH, targets),
    ]
    return nn.Sequential(*layers).eval()


def scorer(network, **options):
    with torch.no_grad():
        targets = network(torch.zeros(1, 4, LENGTH)).shape[1]
    table = pd.DataFrame({"index": range(targets)})
    model = ExportedModel(Recorded(network), table, {}, Path("model"))
    return VariantScorer(model, CPU, **options)


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    """Writes a chromosome, c, and gives its genome."""
    folder = tmp_path_factory.mktemp("genome")

    def written(chromosome):
        (folder / "genome.fa").write_text(f">c\n{chromosome}\n")
        return Sequences(folder / "genome.fa")

    return written


def placed(genome, all_changes):
    variants = (
        Variant(number, number + 1, "c", start + 1, ".", ref, alt)
        for number, (start, ref, alt) in enumerate(all_changes)
    )
    return list(place(variants, genome, where="f", length=LENGTH, mismatch="swap", names={}))


def scores(scorer, genome, blocks, **options):
    """Scores of blocks of placed variants, joined."""
    found = [score for _, score in scorer.scores(blocks, genome, **options)]
    joined = {
        name: np.concatenate([getattr(one, name) for one in found])
        for name in ("max_target", "max_logit_difference")
    }
    if found[0].targets:
        for name in found[0].targets._fields[:4]:
            joined[name] = np.concatenate([getattr(one.targets, name) for one in found])
    return joined


def naive_scores(network, chromosome, change, offsets=(0,), both_strands=True):
    """Scores of one variant for each target, from probabilities in 64 bits."""
    opposite = reverse_complement(chromosome), on_reverse_strand(chromosome, change)
    logits = []
    for offset in offsets:
        seen = [windows(chromosome, change, LENGTH, offset)]
        if both_strands:
            seen.append(windows(*opposite, LENGTH, -offset))
        with torch.no_grad():
            logits.append(
                [
                    [
                        network(torch.from_numpy(one_hot(codes(window))[None]).float())[0].double()
                        for window in strand
                    ]
                    for strand in seen
                ]
            )
    found = []
    for target in range(len(logits[0][0][0])):
        values = np.array(
            [[[allele[target] for allele in strand] for strand in each] for each in logits]
        )
        difference = (values[..., 1] - values[..., 0]).mean(1)
        best = np.abs(difference).argmax()
        ref, alt = (1 / (1 + np.exp(-values[best]))).mean(0)
        ratio = np.log2(alt / (1 - alt)) - np.log2(ref / (1 - ref))
        found.append([ref, alt, difference[best], ratio])
    return np.array(found).T


CHROMOSOME = "".join(np.random.default_rng(5).choice([*"ACGT"], 600))
TARGETS = ("ref_probability", "alt_probability", "logit_difference", "log2_odds_ratio")


@pytest.mark.parametrize("average", ["probabilities", "logits"])
def test_an_ensemble_scores_the_mean_of_its_members(fasta, average):
    torch.manual_seed(0)
    sizes = (toy_sizes(), DANQ)
    members = [create_model(length=LENGTH, targets=3, **each).eval() for each in sizes]
    for member in members:
        member.output_layer.weight.data.mul_(20)

    def mean(sequences):
        logits = torch.stack([member(sequences).double() for member in members])
        return logits.sigmoid().mean(0).logit() if average == "probabilities" else logits.mean(0)

    change = Change(300, CHROMOSOME[300], "ACGT"["CGTA".index(CHROMOSOME[300])])
    genome = fasta(CHROMOSOME)
    ensemble = Ensemble.of(members, average).eval()
    found = scores(scorer(ensemble), genome, [placed(genome, [change])])
    for name, values in zip(TARGETS, naive_scores(mean, CHROMOSOME, change), strict=True):
        np.testing.assert_allclose(found[name][0], values, atol=1e-5, err_msg=name)


@settings(max_examples=50)
@given(
    changes(vcf=True),
    st.sampled_from([(0,), (0, -3, 5), (2,)]),
    st.booleans(),
)
def test_scores_are_those_of_one_variant_at_a_time(fasta, made, offsets, both_strands):
    chromosome, change = made
    genome = fasta(chromosome)
    network = nonlinear()
    [variant] = placed(genome, [change])
    found = scores(scorer(network, offsets=offsets, both_strands=both_strands), genome, [[variant]])
    expected = naive_scores(network, *made, offsets, both_strands)
    for name, values in zip(TARGETS, expected, strict=True):
        np.testing.assert_allclose(found[name][0], values, atol=1e-5, err_msg=name)
    largest = np.abs(expected[2]).max()
    assert abs(found["max_logit_difference"][0]) == pytest.approx(largest, abs=1e-5)
    target = found["max_target"][0]
    assert found["logit_difference"][0, target] == found["max_logit_difference"][0]


def test_a_linear_network_has_a_closed_form(fasta):
    """Its logit changes by the difference of the weights of the two bases."""
    genome = fasta(CHROMOSOME)
    weight = weights(LENGTH)
    all_changes = [
        Change(place, CHROMOSOME[place], alt)
        for place in range(100, 110)
        for alt in "ACGT"
        if alt != CHROMOSOME[place]
    ]
    found = scores(scorer(Linear(weight)), genome, [placed(genome, all_changes)])
    # Of 40 bp, base 19 of each strand is that of the variant.
    forward, reverse = (each[:, 19] for each in (weight, weight[::-1]))
    for row, (_, ref, alt) in enumerate(all_changes):
        old, new = "ACGT".index(ref), "ACGT".index(alt)
        expected = (forward[new] - forward[old] + reverse[new] - reverse[old]) / 2
        np.testing.assert_allclose(
            found["logit_difference"][row], [expected, -expected], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("offsets", [(0,), (-4, 0, 4), (1, 7)])
def test_swapping_the_alleles_negates_the_differences_exactly(fasta, offsets):
    genome = fasta(CHROMOSOME)
    variants = placed(genome, random_changes(CHROMOSOME, 60))
    swapped = [each._replace(ref=each.alt, alt=each.ref) for each in variants]
    there, back = (
        scores(scorer(nonlinear(), offsets=offsets), genome, [block])
        for block in (variants, swapped)
    )
    for name in ("logit_difference", "log2_odds_ratio", "max_logit_difference"):
        np.testing.assert_array_equal(there[name], -back[name])
    np.testing.assert_array_equal(there["ref_probability"], back["alt_probability"])
    np.testing.assert_array_equal(there["max_target"], back["max_target"])


def test_alleles_that_the_genome_has_the_other_way_round_keep_the_sign_of_the_file(fasta):
    network = scorer(nonlinear())
    swapped = 0
    for change in random_changes(CHROMOSOME, 80):
        genome = fasta(CHROMOSOME)
        expected = scores(network, genome, [placed(genome, [change])])
        genome = fasta(haplotypes(CHROMOSOME, change)[1])
        [variant] = placed(genome, [change])
        if variant.status != Status.swapped:
            continue  # the other genome has REF, too, such as C of C → CA
        swapped += 1
        found = scores(network, genome, [[variant]])
        for name in found:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-6)
    assert swapped > 60


@pytest.mark.parametrize("offsets", [(0,), (-4, 0, 4)])
def test_the_reverse_complement_has_the_same_scores(fasta, offsets):
    all_changes = random_changes(CHROMOSOME, 120)
    opposite = [on_reverse_strand(CHROMOSOME, change) for change in all_changes]
    found = []
    for chromosome, of_strand in (
        (CHROMOSOME, all_changes),
        (reverse_complement(CHROMOSOME), opposite),
    ):
        genome = fasta(chromosome)
        found.append(
            scores(scorer(nonlinear(), offsets=offsets), genome, [placed(genome, of_strand)])
        )
    for name in found[0]:
        np.testing.assert_allclose(found[0][name], found[1][name], atol=1e-6, err_msg=name)


@given(changes(letters="ACGT", vcf=True))
def test_the_reverse_complement_of_an_indel_in_a_repeat_has_the_same_scores(fasta, made):
    chromosome, _ = made
    network = scorer(nonlinear(), offsets=(-4, 0, 4))
    found = []
    for text, each in (made, (reverse_complement(chromosome), on_reverse_strand(*made))):
        genome = fasta(text)
        found.append(scores(network, genome, [placed(genome, [each])]))
    np.testing.assert_allclose(
        found[0]["logit_difference"], found[1]["logit_difference"], atol=1e-6
    )


@pytest.mark.parametrize("options", [{}, {"offsets": (0, 5)}, {"both_strands": False}])
def test_blocks_batches_and_order_change_nothing(fasta, options):
    genome = fasta(CHROMOSOME)
    variants = placed(genome, random_changes(CHROMOSOME, 50))
    order = np.random.default_rng(1).permutation(len(variants))
    expected = scores(scorer(nonlinear(), **options), genome, [variants])
    for batch_size, block in ((1, 50), (7, 11), (256, 1)):
        blocks = [variants[start : start + block] for start in range(0, len(variants), block)]
        found = scores(scorer(nonlinear(), batch_size=batch_size, **options), genome, blocks)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-6)
    shuffled = scores(scorer(nonlinear(), **options), genome, [[variants[i] for i in order]])
    for name in expected:
        np.testing.assert_allclose(shuffled[name], expected[name][order], atol=1e-6)


@pytest.mark.parametrize("offsets", [(0,), (0, 1, 2)])
def test_each_distinct_window_is_predicted_once(fasta, offsets):
    """Alternative alleles of a position share REF; duplicates share both."""
    genome = fasta(CHROMOSOME)
    all_changes = random_changes(CHROMOSOME, 30)
    variants = placed(genome, all_changes * 2)
    network = scorer(nonlinear(), offsets=offsets)
    scores(network, genome, [variants])
    distinct = set()
    for change in all_changes:
        opposite = reverse_complement(CHROMOSOME), on_reverse_strand(CHROMOSOME, change)
        for offset in offsets:
            distinct |= {*windows(CHROMOSOME, change, LENGTH, offset)}
            distinct |= {*windows(*opposite, LENGTH, -offset)}
    seen = network.model.network.seen
    assert len(seen) == len(set(seen)) == len(distinct)
    assert len(distinct) < 4 * len(offsets) * len(all_changes)


@pytest.mark.parametrize("size", [80.0, 1e4])
def test_saturated_logits_give_finite_scores(fasta, size):
    """The two strands differ in sign, or not: probabilities are 0, 1 or one half."""

    class Saturated(nn.Module):
        def forward(self, sequences):
            first = sequences[:, :, 19].argmax(1)
            logits = torch.tensor([-size, size, -size, size])[first]
            return torch.stack([logits, -logits], dim=1)

    genome = fasta(CHROMOSOME)
    all_changes = [
        Change(place, CHROMOSOME[place], alt)
        for place in range(100, 140)
        for alt in "ACGT"
        if alt != CHROMOSOME[place]
    ]
    found = scores(scorer(Saturated()), genome, [placed(genome, all_changes)])
    for name in ("ref_probability", "alt_probability"):
        assert ((found[name] >= 0) & (found[name] <= 1)).all()
    assert np.isfinite(found["log2_odds_ratio"]).all()
    # A and T, and C and G, have opposite logits on the two strands; their mean is a half.
    np.testing.assert_allclose(found["log2_odds_ratio"], 0, atol=1e-4)

    one_strand = scores(
        scorer(Saturated(), both_strands=False), genome, [placed(genome, all_changes)]
    )
    np.testing.assert_allclose(
        one_strand["log2_odds_ratio"], one_strand["logit_difference"] / np.log(2), rtol=1e-6
    )
    assert np.abs(one_strand["log2_odds_ratio"]).max() > 2 * size


def test_one_saturated_strand_has_odds_in_closed_form(fasta):
    """Logits 90 and 0 on the strands: p = 1 - 1/4, since the sigmoid of 90 is 1 in 64 bits."""
    made = [90.0, 0.0]

    class Fixed(nn.Module):
        def forward(self, sequences):
            rows = sequences[:, :, 19].argmax(1)
            return torch.tensor([made[0], 0.0, 0.0, made[1]])[rows][:, None]

    genome = fasta("G" * 50 + "C" + "G" * 50)
    [variant] = placed(genome, [Change(50, "C", "A")])  # the strands have A and T
    found = scores(scorer(Fixed()), genome, [[variant]])
    assert found["alt_probability"][0, 0] == pytest.approx(0.75)
    assert found["ref_probability"][0, 0] == pytest.approx(0.5)
    assert found["log2_odds_ratio"][0, 0] == pytest.approx(np.log2(3), rel=1e-6)


def test_selected_targets(fasta):
    genome = fasta(CHROMOSOME)
    variants = placed(genome, random_changes(CHROMOSOME, 20))
    every = scores(scorer(nonlinear()), genome, [variants])
    some = scores(scorer(nonlinear(), targets=np.array([1, 4])), genome, [variants])
    for name in TARGETS:
        np.testing.assert_array_equal(some[name], every[name][:, [1, 4]])
    largest = np.abs(every["logit_difference"][:, [1, 4]]).argmax(1)
    np.testing.assert_array_equal(some["max_target"], largest)
    short = scores(scorer(nonlinear()), genome, [variants], every_target=False)
    assert set(short) == {"max_target", "max_logit_difference"}
    for name, values in short.items():
        np.testing.assert_array_equal(values, every[name])


def test_ties_give_the_first_target(fasta):
    genome = fasta(CHROMOSOME)
    found = scores(
        scorer(Linear(weights(LENGTH))), genome, [placed(genome, random_changes(CHROMOSOME, 20))]
    )
    assert (found["max_target"] == 0).all()


def test_alleles_that_are_not_scored(fasta):
    genome = fasta(CHROMOSOME)
    wrong = "A" if CHROMOSOME[5] != "A" else "C"
    variants = placed(
        genome,
        [Change(5, wrong, "TT"), Change(9, CHROMOSOME[9], "<DEL>"), *random_changes(CHROMOSOME, 3)],
    )
    assert [each.status for each in variants[:2]] == [Status.ref_mismatch, Status.symbolic]
    for block in (variants, variants[:2]):
        found = scores(scorer(nonlinear()), genome, [block])
        assert (found["max_target"][:2] == -1).all()
        for name in (*TARGETS, "max_logit_difference"):
            assert found[name].dtype == np.float32
            assert np.isnan(found[name][:2]).all()
            assert np.isfinite(found[name][2:]).all()


def test_a_prediction_that_is_not_finite_is_refused(fasta):
    network = nonlinear()
    network[-1].bias.data[1] = torch.inf
    genome = fasta(CHROMOSOME)
    with pytest.raises(InputError, match=r"model: found a prediction that is not finite"):
        scores(scorer(network), genome, [placed(genome, random_changes(CHROMOSOME, 3))])


@pytest.mark.parametrize(
    ("length", "targets", "offsets"), [(1000, 256, 1), (1000, 919, 21), (200_000, 5000, 3)]
)
def test_blocks_of_long_windows_and_many_targets_are_small(length, targets, offsets):
    network = Recorded(nn.Identity(), length)
    model = ExportedModel(network, pd.DataFrame({"index": range(targets)}), {}, Path("model"))
    block = VariantScorer(model, CPU, offsets=range(offsets)).block
    assert block >= 1
    windows_of_block = 4 * block * offsets
    assert windows_of_block * max(length, 4 * targets) < 50_000_000


def test_errors_in_the_preparation_are_raised(fasta):
    genome = fasta(CHROMOSOME)

    def blocks():
        yield placed(genome, random_changes(CHROMOSOME, 3))
        raise InputError("f", "a bad line", "a good one", "Correct it.")

    with pytest.raises(InputError, match="a bad line"):
        scores(scorer(nonlinear()), genome, blocks())
