"""Columns of aligned alleles, compared with the genome's letters."""

import pytest
from variant_cases import CASES, GENOME, genome

from noncoding.attribution.allele_alignment import FLANK, LONGEST, NONE, aligned
from noncoding.data.variants.alleles import windows

LENGTH = 200


def shown_letters(sequences, allele, columns):
    """Letters of columns; a dash for a gap, a dot for a break."""
    window = windows(sequences, allele, LENGTH).forward.decode()
    return "".join(
        window[column] if column >= 0 else "-" if column == NONE else "." for column in columns
    )


@pytest.mark.parametrize("case", CASES)
def test_flanks_of_both_alleles_correspond(tmp_path, case):
    sequences, variant = genome(tmp_path), CASES[case]
    found = aligned(variant.ref, variant.alt, LENGTH, focus=(10, 22))
    ref = shown_letters(sequences, variant.ref, found.ref)
    alt = shown_letters(sequences, variant.alt, found.alt)
    padded = "N" * LENGTH + GENOME + "N" * LENGTH
    of_genome = "".join(
        "?" if position != position else padded[LENGTH + int(position)] for position in found.genome
    )
    assert len(ref) == len(alt) == len(of_genome)
    for flank in (slice(0, found.start), slice(found.end, None)):
        if case == "long repeat":
            # Its flanks are beyond the windows.
            assert set(ref[flank] + alt[flank]) == {"-"}
        else:
            assert ref[flank] == alt[flank] == of_genome[flank]
    # REF is the genome; an insertion has no position.
    for base, position in zip(ref, of_genome, strict=True):
        assert base == position or (base in "-." and (position == "?" or case == "long repeat"))


@pytest.mark.parametrize("case", [case for case in CASES if case != "long repeat"])
def test_alleles_are_shown_as_a_whole_or_with_counted_breaks(tmp_path, case):
    sequences, variant = genome(tmp_path), CASES[case]
    found = aligned(variant.ref, variant.alt, LENGTH, focus=(10, 22))
    widest = max(len(variant.ref.bases), len(variant.alt.bases))
    assert found.start == (FLANK if widest <= LONGEST else 16)
    for allele, columns in ((variant.ref, found.ref), (variant.alt, found.alt)):
        within = columns[found.start : found.end]
        letters = shown_letters(sequences, allele, within).replace("-", "")
        omitted = sum({int(NONE - column) for column in within if column < NONE})
        if widest <= LONGEST:
            assert letters.encode() == allele.bases
        assert len(letters.replace(".", "")) + omitted == len(allele.bases)


def test_breaks_state_how_many_bases_each_allele_has_there():
    variant = CASES["long deletion"]
    found = aligned(variant.ref, variant.alt, LENGTH, focus=(60, 72))
    within = found.ref[found.start : found.end]
    first = (LENGTH - 150) // 2
    assert within.tolist() == [
        *range(first, first + 4),
        *[NONE - 56] * 6,
        *range(first + 60, first + 72),
        *[NONE - 74] * 6,
        *range(first + 146, first + 150),
    ]
    assert set(found.alt[found.start : found.end]) == {NONE}


def test_windows_shorter_than_the_shown_flanks_end_in_columns_without_bases():
    variant = CASES["substitution"]
    found = aligned(variant.ref, variant.alt, 20)
    # Nine bases before the variant and ten after it.
    assert found.ref.tolist() == [NONE] * 15 + list(range(20)) + [NONE] * 14
