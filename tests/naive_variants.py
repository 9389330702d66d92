"""Variants one at a time, by their whole chromosomes as text."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


class Change(NamedTuple):
    """REF at a position of a chromosome, 0-based, becomes ALT."""

    start: int
    ref: str
    alt: str


def reverse_complement(text):
    return text.translate(_COMPLEMENT)[::-1]


def on_reverse_strand(chromosome, change):
    """The same change of the reverse complement of a chromosome."""
    start = len(chromosome) - change.start - len(change.ref)
    return Change(start, reverse_complement(change.ref), reverse_complement(change.alt))


def haplotypes(chromosome, change):
    """The chromosome with REF and with ALT."""
    end = change.start + len(change.ref)
    return [
        chromosome[: change.start] + allele + chromosome[end:]
        for allele in (change.ref, change.alt)
    ]


def changed(chromosome, change):
    """The part of each haplotype that differs, as its start, and its length in both.

    An indel may be anywhere in its repeat; the part is then the whole repeat.
    """
    ref, alt = haplotypes(chromosome, change)
    shorter = min(len(ref), len(alt))
    head = next((i for i in range(shorter) if ref[i] != alt[i]), shorter)
    tail = next((i for i in range(shorter) if ref[-1 - i] != alt[-1 - i]), shorter)
    first, last = min(head, shorter - tail), min(tail, shorter - head)
    return first, [len(haplotype) - first - last for haplotype in (ref, alt)]


def windows(chromosome, change, length, offset=0):
    """What a network sees of REF and ALT on the forward strand."""
    start, lengths = changed(chromosome, change)
    cut = []
    for haplotype, of_allele in zip(haplotypes(chromosome, change), lengths, strict=True):
        begin = start - (length - of_allele) // 2 - offset
        padded = "N" * length + haplotype + "N" * length
        cut.append(padded[begin + length : begin + 2 * length])
    return cut


@st.composite
def changes(draw, letters="ACGTN", vcf=False):
    """A chromosome with repeats, and a change of it whose alleles have at most 12 bp.

    As in VCF files, neither allele is empty if ``vcf`` is set.
    """
    least = int(vcf)
    parts = st.tuples(st.text(letters, min_size=1, max_size=4), st.integers(1, 6))
    chromosome = "".join(unit * times for unit, times in draw(st.lists(parts, min_size=4)))
    start = draw(st.integers(0, len(chromosome) - 1))
    ref = chromosome[start : start + draw(st.integers(least, 12))]
    repeated = st.integers(0, 3).map(lambda times: (ref[:1] + ref[-3:] * times)[:12])
    others = st.one_of(st.text(letters, min_size=least, max_size=12), repeated).filter(
        lambda alt: alt != ref
    )
    return chromosome, Change(start, ref, draw(others))


def random_changes(chromosome, number, seed=0):
    """SNVs, MNVs and indels; some share their place."""
    generator = np.random.default_rng(seed)
    found = []
    while len(found) < number:
        start = int(generator.integers(0, len(chromosome)))
        ref = chromosome[start : start + generator.choice([1, 1, 1, 3, 8])]
        for _ in range(generator.integers(1, 4)):
            alt = "".join(generator.choice([*"ACGT"], generator.choice([1, 1, 1, 3, 8])))
            if alt != ref:
                found.append(Change(start, ref, alt))
    return found[:number]
