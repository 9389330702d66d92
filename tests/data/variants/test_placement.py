"""Statuses of variants, and their alleles on a genome."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noncoding.common.errors import InputError
from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import Status, Variant

GENOME = {"chr1": "ACGTTGCAACGGATnRCATGTTTTTACGCA", "chr2": "GATTACA"}
LENGTH = 8
SCORED = {Status.scored, Status.scored_padded, Status.swapped}


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in GENOME.items()))
    return Sequences(path)


def placed(sequences, *variants, mismatch="skip", names=None, length=LENGTH):
    rows = (Variant(number, number + 2, *variant) for number, variant in enumerate(variants))
    options = {"where": "some.vcf", "length": length, "mismatch": mismatch, "names": names or {}}
    return list(place(rows, sequences, **options))


def status(sequences, position, ref, alt, chromosome="chr1", **options):
    (found,) = placed(sequences, (chromosome, position, ".", ref, alt), **options)
    assert (found.status in SCORED) == (found.ref is not None) == (found.alt is not None)
    return found.status


def applied(allele):
    """The chromosome with the bases of an allele."""
    letters = GENOME[allele.chromosome].upper()
    return letters[: allele.start] + allele.bases.decode() + letters[allele.end :]


def replaced(chromosome, position, ref, bases):
    """The chromosome with bases in the place of REF."""
    letters = GENOME[chromosome].upper()
    return letters[: position - 1] + bases.upper() + letters[position - 1 + len(ref) :]


@pytest.mark.parametrize(
    ("position", "ref", "alt", "expected"),
    [
        (8, "A", "G", "scored"),
        (8, "a", "g", "scored"),
        (8, "A", "ATT", "scored"),
        (8, "AAC", "A", "scored"),
        (8, "AACG", "GGTT", "scored"),
        (8, "A", "N", "scored"),
        (15, "N", "A", "scored"),
        (15, "A", "C", "ref_mismatch"),
        # VCF files write the R of a genome as A.
        (16, "A", "G", "scored"),
        (16, "G", "A", "ref_mismatch"),
        (16, "R", "A", "ambiguous_allele"),
        (8, "A", "Y", "ambiguous_allele"),
        (8, "A", "-", "ambiguous_allele"),
        (8, "C", "G", "ref_mismatch"),
        (8, "AAG", "A", "ref_mismatch"),
        (8, "A", "A", "same_as_reference"),
        (8, "A", "a", "same_as_reference"),
        (8, "C", "C", "same_as_reference"),
        (8, "A", ".", "no_alternative"),
        (8, "A", "*", "spanning_deletion"),
        (8, "A", "<DEL>", "symbolic"),
        (8, "A", "<*>", "symbolic"),
        (8, "A", "A<INS>", "symbolic"),
        (8, "A", "A[chr2:3[", "breakend"),
        (8, "A", "]chr2:3]A", "breakend"),
        (8, "A", "]<contig>:3]A", "breakend"),
        (8, "A", "A.", "breakend"),
        (8, "A", ".A", "breakend"),
        (1, "A", "C", "scored_padded"),
        (4, "T", "C", "scored_padded"),
        (5, "T", "C", "scored"),
        (26, "A", "C", "scored"),
        (27, "C", "A", "scored_padded"),
        (30, "A", "C", "scored_padded"),
        (0, "N", "C", "outside_contig"),
        (31, "A", "C", "outside_contig"),
        (30, "AN", "A", "outside_contig"),
        (10**14, "A", "C", "outside_contig"),
        (8, "A", "A" + 8 * "C", "scored"),
        (8, "A", "A" + 9 * "C", "too_long"),
        (8, "AACGGATNR", "A", "ambiguous_allele"),
        (1, "ACGTTGCAA", "A", "scored_padded"),
        (1, "ACGTTGCAAC", "A", "too_long"),
    ],
)
def test_each_allele_has_one_status(sequences, position, ref, alt, expected):
    assert status(sequences, position, ref, alt) == expected


def test_names_of_chromosomes_are_translated(sequences):
    assert status(sequences, 8, "A", "G", chromosome="1") == "unknown_contig"
    (found,) = placed(sequences, ("1", 8, ".", "A", "G"), names={"1": "chr1"})
    assert found.status == "scored"
    assert (found.variant.chromosome, found.ref.chromosome) == ("1", "chr1")


def test_the_order_and_duplicates_are_kept(sequences):
    variants = [("chr2", 4, "b", "T", "A"), ("chr1", 8, "a", "A", "G"), ("chr1", 8, "a", "A", "G")]
    found = placed(sequences, *variants)
    assert [each.variant[2:] for each in found] == variants
    assert found[1][1:] == found[2][1:]


@pytest.mark.parametrize(
    ("position", "ref", "alt", "expected"),
    [
        (8, "G", "A", "swapped"),
        (8, "G", "C", "ref_mismatch"),
        (8, "AGG", "AA", "swapped"),
        (1, "C", "A", "swapped"),
        (30, "C", "AN", "ref_mismatch"),
        (8, "A", "G", "scored"),
    ],
)
def test_swap_scores_alleles_whose_alternative_is_in_the_genome(
    sequences, position, ref, alt, expected
):
    assert status(sequences, position, ref, alt, mismatch="swap") == expected
    (found,) = placed(sequences, ("chr1", position, ".", ref, alt), mismatch="swap")
    if expected == "swapped":
        assert applied(found.alt) == GENOME["chr1"].upper()
        assert applied(found.ref) == replaced("chr1", position, alt, ref)


def test_an_error_names_the_line_and_both_alleles(sequences):
    message = r"some.vcf, line 3: found REF G at 1:8; expected A, the sequence of .*genome.fa"
    variants = [("1", 8, ".", "A", "C"), ("1", 8, ".", "G", "C")]
    with pytest.raises(InputError, match=message):
        placed(sequences, *variants, mismatch="error", names={"1": "chr1"})


@pytest.mark.parametrize(("ref", "alt"), [("G", "C"), ("GG", "GC"), ("CA", "C"), ("AGT", "AGC")])
def test_keep_puts_the_reference_allele_into_the_genome(sequences, ref, alt):
    (found,) = placed(sequences, ("chr1", 8, ".", ref, alt), mismatch="keep")
    assert found.status == "scored"
    assert applied(found.ref) == replaced("chr1", 8, ref, ref)
    assert applied(found.alt) == replaced("chr1", 8, ref, alt)


def naive_status(chromosome, position, ref, alt, mismatch, length):
    """The status of an allele of letters, from whole sequences."""
    if set(ref.upper() + alt.upper()) - set("ACGTN"):
        return "ambiguous_allele"
    if chromosome not in GENOME:
        return "unknown_contig"
    genome = GENOME[chromosome].upper().replace("R", "A")
    if position == 0 or position + len(ref) - 1 > len(genome):
        return "outside_contig"
    if ref.upper() == alt.upper():
        return "same_as_reference"
    matches = genome.startswith(ref.upper(), position - 1)
    swapped = mismatch == "swap" and not matches and genome.startswith(alt.upper(), position - 1)
    if not (matches or swapped or mismatch == "keep"):
        return "ref_mismatch"
    return "too_long" if max(len(ref), len(alt)) > length else "swapped" if swapped else "scored"


letters = st.text("ACGTacgtNR", min_size=1, max_size=4)


@given(
    chromosome=st.sampled_from(["chr1", "chr2", "chr3"]),
    position=st.integers(0, 34),
    of_genome=st.integers(0, 4),
    ref=letters,
    alt=letters,
    mismatch=st.sampled_from(["skip", "swap", "keep"]),
)
@example(chromosome="chr1", position=13, of_genome=4, ref="A", alt="A", mismatch="skip")
def test_statuses_and_alleles_are_those_of_whole_sequences(
    sequences, chromosome, position, of_genome, ref, alt, mismatch
):
    if of_genome and position:
        own = GENOME.get(chromosome, "")[position - 1 : position - 1 + of_genome]
        ref = own.replace("R", "A") or ref
    (found,) = placed(sequences, (chromosome, position, ".", ref, alt), mismatch=mismatch)
    expected = naive_status(chromosome, position, ref, alt, mismatch, LENGTH)
    assert str(found.status).removesuffix("_padded") == expected
    if found.ref and found.alt:
        present = alt if found.status == "swapped" else ref
        covered = GENOME[chromosome].upper()[position - 1 : position - 1 + len(present)]
        for allele, bases in ((found.ref, ref), (found.alt, alt)):
            whole = applied(allele)
            if "R" in covered:  # what REF and ALT share is not changed, also where a file says A
                whole = whole.replace("R", "A")
            assert whole == replaced(chromosome, position, present, bases)
