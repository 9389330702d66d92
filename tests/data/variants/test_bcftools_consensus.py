"""The sequences of 10,000 alleles are those that ``bcftools consensus`` writes.

Variants that are far enough from each other are applied to the genome together, one alternative
allele of each record at a time.
"""

import shutil
import subprocess
from typing import NamedTuple

import numpy as np
import pysam
import pytest
from naive_variants import Change, changed

from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.alleles import windows
from noncoding.data.variants.files import read_variants
from noncoding.data.variants.placement import place

LENGTH = 100
APART = 3 * LENGTH
"""Bases between variants that are applied together: more than two windows and a repeat."""
LONGEST = 20
SETS = 3
ALTERNATIVES = 3

pytestmark = pytest.mark.skipif(
    shutil.which("bcftools") is None, reason="bcftools, a package of Debian, is not installed"
)


class Record(NamedTuple):
    chromosome: str
    start: int
    ref: str
    alts: list[str]


def random_genome(generator):
    """Contigs of 1 to 60,000 bp with repeats, runs of N and lower case."""
    contigs = {}
    short, long = generator.integers(2, 400, 100), generator.integers(1000, 60_000, 25)
    lengths = [1, LENGTH - 1, LENGTH, LENGTH + 1, *short, *long]
    for name, length in enumerate(lengths):
        parts = []
        while sum(map(len, parts)) < length:
            unit = "".join(generator.choice([*"ACGT"], generator.integers(1, 7)))
            copies = generator.choice([1, 1, 1, 1, 1, 1, 1, 1, 5, 10])
            kind = generator.random()
            part = "N" * len(unit) if kind < 0.005 else unit * copies
            parts.append(part.lower() if kind > 0.9 else part)
        contigs[f"contig{name}"] = "".join(parts)[:length]
    return contigs


def random_alternative(generator, ref):
    """An SNV, MNV, insertion, deletion or another change of a reference allele."""
    bases = "".join(generator.choice([*"ACGT"], generator.integers(1, LONGEST + 1)))
    return str(
        generator.choice(
            [
                bases[0] + ref[1:],
                bases[: len(ref)] + ref[len(bases) :],
                ref + bases,
                ref + ref * int(generator.integers(1, 4)),
                ref[0] + bases + ref[1:],
                ref[: generator.integers(1, len(ref) + 1)],
                ref[0] + ref[generator.integers(1, len(ref) + 1) :],
                bases,
                "N" + bases,
            ]
        )
    )


def random_records(generator, contigs):
    """Records that are apart from each other, from the first to the last base of each contig."""
    for chromosome, sequence in contigs.items():
        start = int(generator.integers(0, 2)) * int(generator.integers(0, APART))
        while start < len(sequence):
            longest = 1 if generator.random() < 0.4 else LONGEST
            ref = sequence[start : start + generator.integers(1, longest + 1)]
            number = generator.choice([1, 1, 2, ALTERNATIVES])
            made = {random_alternative(generator, ref).upper() for _ in range(number)}
            if alts := sorted(made - {ref.upper()}):
                shown = [str.upper, str.lower, str][generator.integers(0, 3)]
                yield Record(chromosome, start, shown(ref), [shown(alt) for alt in alts])
            left = len(sequence) - start - len(ref)
            start += len(ref) + APART + int(generator.integers(0, 60))
            if 0 < left < APART + 60 and generator.random() < 0.5:
                break


def write_vcf(path, contigs, records):
    header = ["##fileformat=VCFv4.2"]
    header += [f"##contig=<ID={name},length={len(bases)}>" for name, bases in contigs.items()]
    header += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines = [
        "\t".join(
            [one.chromosome, str(one.start + 1), ".", one.ref, ",".join(one.alts)] + 3 * ["."]
        )
        for one in records
    ]
    path.write_text("\n".join([*header, *lines]) + "\n")


def consensus(fasta, contigs, records, folder):
    """Contigs with the first alternative of each record, as upper-case text."""
    write_vcf(folder / "one.vcf", contigs, records)
    pysam.tabix_compress(str(folder / "one.vcf"), str(folder / "one.vcf.gz"), force=True)
    pysam.tabix_index(str(folder / "one.vcf.gz"), preset="vcf", force=True)
    done = subprocess.run(
        ["bcftools", "consensus", "-f", fasta, folder / "one.vcf.gz"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Applied {len(records)} variants" in done.stderr, done.stderr
    parts = (part.partition("\n") for part in done.stdout.split(">")[1:])
    return {name: lines.replace("\n", "").upper() for name, _, lines in parts}


def cut(sequence, start, of_allele):
    """The windows of both strands around the bases of an allele, on the forward strand."""
    flanks = LENGTH - of_allele
    padded = "N" * LENGTH + sequence + "N" * LENGTH
    begins = [start - flank + LENGTH for flank in (flanks // 2, flanks - flanks // 2)]
    return [padded[begin : begin + LENGTH] for begin in begins]


def expected_windows(fasta, contigs, records, folder):
    """Windows of REF and ALT by record, in its set, and alternative."""
    found = {}
    for number in range(ALTERNATIVES):
        chosen = [
            (index, record._replace(alts=record.alts[number : number + 1]))
            for index, record in enumerate(records)
            if number < len(record.alts)
        ]
        made = consensus(fasta, contigs, [record for _, record in chosen], folder)
        moved = dict.fromkeys(contigs, 0)
        for index, (name, start, ref, [alt]) in chosen:
            first = max(start - APART, 0)
            around = contigs[name][first : start + len(ref) + APART].upper()
            begin, lengths = changed(around, Change(start - first, ref.upper(), alt.upper()))
            begin += first
            found[index, number] = [
                cut(contigs[name].upper(), begin, lengths[0]),
                cut(made[name], begin + moved[name], lengths[1]),
            ]
            moved[name] += len(alt) - len(ref)
    return found


def test_windows_are_those_of_bcftools_consensus(tmp_path):
    generator = np.random.default_rng(0)
    contigs = random_genome(generator)
    fasta = tmp_path / "genome.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()))
    compared = padded = 0
    for _ in range(SETS):
        records = list(random_records(generator, contigs))
        expected = expected_windows(fasta, contigs, records, tmp_path)
        write_vcf(tmp_path / "all.vcf", contigs, records)
        genome = Sequences(fasta)
        placed = place(
            read_variants(tmp_path / "all.vcf", table=False),
            genome,
            where="all.vcf",
            length=LENGTH,
            mismatch="error",
            names={},
        )
        found = {}
        for variant, status, *alleles in placed:
            assert status in ("scored", "scored_padded")
            key = variant.record, records[variant.record].alts.index(variant.alt)
            found[key] = [
                [window.decode() for window in windows(genome, allele, LENGTH)]
                for allele in alleles
            ]
            padded += status == "scored_padded"
        assert found == expected
        compared += len(found)
    assert compared > 10_000
    assert padded > 100
