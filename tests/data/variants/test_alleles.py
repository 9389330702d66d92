import naive_variants
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from naive_variants import Change, changes, on_reverse_strand, reverse_complement

from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.alleles import Allele, is_padded, trimmed, windows, with_repeat


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Writes a genome of one chromosome, c, and opens it."""
    fasta = tmp_path_factory.mktemp("genome") / "genome.fa"

    def written(chromosome):
        fasta.write_text(f">c\n{chromosome}\n")
        return Sequences(fasta)

    return written


def alleles(genome, change):
    start, ref, alt = trimmed(change.start, change.ref.encode(), change.alt.encode())
    end = start + len(ref)
    return with_repeat(genome, Allele("c", start, end, ref), Allele("c", start, end, alt))


@given(changes(), st.sampled_from([12, 13, 40]))
@example(("ACAAAAGT", Change(2, "AA", "A")), 12)
@example(("AC" * 20, Change(6, "AC", "")), 12)
@example(("NNNACNN", Change(0, "NN", "N")), 13)
def test_windows_are_those_of_whole_chromosomes(opened, made, length):
    chromosome, change = made
    genome = opened(chromosome)
    on_reverse = (reverse_complement(chromosome), on_reverse_strand(chromosome, change))
    found = [windows(genome, allele, length) for allele in alleles(genome, change)]
    assert [each.forward.decode() for each in found] == naive_variants.windows(*made, length)
    seen = [reverse_complement(each.reverse.decode()) for each in found]
    assert seen == naive_variants.windows(*on_reverse, length)


@given(changes(), st.integers(-14, 14))
def test_an_offset_moves_the_variant_to_the_right_on_the_forward_strand(opened, made, offset):
    chromosome, change = made
    genome = opened(chromosome)
    on_reverse = (reverse_complement(chromosome), on_reverse_strand(chromosome, change))
    expected = naive_variants.windows(*made, 40, offset)
    opposite = naive_variants.windows(*on_reverse, 40, -offset)
    pairs = zip(alleles(genome, change), expected, opposite, strict=True)
    for allele, forward, reverse in pairs:
        flanks = 40 - len(allele.bases)
        if not abs(offset) <= flanks // 2:
            continue
        found = windows(genome, allele, 40, offset)
        assert found.forward.decode() == forward
        assert reverse_complement(found.reverse.decode()) == reverse


def test_an_allele_stays_within_its_window(opened):
    genome = opened("ACGTTGCATTAGCC")
    allele = Allele("c", 5, 7, b"GC")
    assert windows(genome, allele, 6, 99) == windows(genome, allele, 6, 2)
    assert windows(genome, allele, 6, 99).forward.endswith(b"GC")
    assert windows(genome, allele, 6, -99).reverse.startswith(b"GC")


@pytest.mark.parametrize("written", range(7))
def test_the_place_of_an_indel_within_its_repeat_does_not_matter(opened, written):
    """A unit of CA of the four in TTCACACACAGG is deleted, or one is added."""
    genome, place = opened("TTCACACACAGG"), 2 + written
    bases = "TTCACACACAGG"[place : place + 2]
    ref, alt = alleles(genome, Change(place, bases, ""))
    assert (ref, alt) == (Allele("c", 2, 10, b"CACACACA"), Allele("c", 2, 10, b"CACACA"))
    ref, alt = alleles(genome, Change(place, "", bases))
    assert (ref, alt) == (Allele("c", 2, 10, b"CACACACA"), Allele("c", 2, 10, b"CACACACACA"))


def test_swapped_alleles_are_those_of_the_original(opened):
    genome = opened("ACGGGGTCA")
    ref, alt = Allele("c", 2, 3, b"G"), Allele("c", 2, 3, b"")
    assert with_repeat(genome, alt, ref) == with_repeat(genome, ref, alt)[::-1]


def test_a_substitution_in_a_repeat_is_not_extended(opened):
    genome = opened("AAAAAAAAA")
    ref, alt = Allele("c", 3, 5, b"AA"), Allele("c", 3, 5, b"C")
    assert with_repeat(genome, ref, alt) == (ref, alt)


def test_a_repeat_that_is_longer_than_the_window(opened):
    genome = opened("A" * 5000)
    ref, alt = with_repeat(genome, Allele("c", 2500, 2501, b"A"), Allele("c", 2500, 2501, b""))
    assert (ref.start, ref.end) == (1500, 3501)
    assert windows(genome, ref, 40) == windows(genome, alt, 40) == (b"A" * 40, b"A" * 40)
    assert not is_padded(genome, ref, 40)


@given(changes(letters="ACGT"), st.sampled_from([(0,), (0, 9), (-40, 3)]))
def test_windows_beyond_the_chromosome_are_padded(opened, made, offsets):
    chromosome, change = made
    genome = opened(chromosome)
    for allele in alleles(genome, change):
        found = [base for offset in offsets for base in windows(genome, allele, 30, offset)]
        assert is_padded(genome, allele, 30, offsets) == (b"N" in b"".join(found))


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        ("A", "G", (5, b"A", b"G")),
        ("AT", "GT", (5, b"A", b"G")),
        ("TAT", "TGT", (6, b"A", b"G")),
        ("CA", "C", (6, b"A", b"")),
        ("C", "CA", (6, b"", b"A")),
        ("CAA", "CA", (6, b"A", b"")),
        ("ACGT", "TCGA", (5, b"ACGT", b"TCGA")),
        ("AC", "AC", (5, b"", b"")),
    ],
)
def test_shared_bases_are_removed(ref, alt, expected):
    assert trimmed(5, ref.encode(), alt.encode()) == expected
