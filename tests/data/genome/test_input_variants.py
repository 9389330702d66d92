"""Input files and settings as they occur in practice.

Each variant holds the tiny data set, or a known change of it. The rows of the stores are compared
with labels that are counted base by base.
"""

import gzip
import io
import re
import tarfile
from pathlib import Path

import pytest
from tiny_genome import GENOME, PEAKS, Contents, fasta_text, intervals

from noncoding.settings.genome import PeakArchive, PeakFolder, PeakTable

PLAIN = Contents()
VARIANTS = {}


def variant(files=None, contents=PLAIN, **arguments):
    """Files as `Inputs.write` takes them, what they hold, and arguments of `Inputs.tile`."""
    return files or {}, contents, arguments


def crlf(text):
    return text.replace("\n", "\r\n")


def gzipped(text):
    return gzip.compress(text.encode())


def multi_member(text):
    """One gzip member per line and an empty one at the end, as bgzip writes it."""
    return b"".join(gzipped(line) for line in [*text.splitlines(keepends=True), ""])


TEXT = fasta_text()
LONG = {name: bases + 30 * "GATTA" for name, bases in GENOME.items()}


def fasta(content, name="genome.fa", **changed):
    return variant({name: content}, Contents(**changed), fasta=name)


def genome(chromosomes, width=7, **changed):
    return fasta(fasta_text(chromosomes, width), genome=chromosomes, **changed)


def replaced(pattern, by):
    return genome({name: re.sub(pattern, by, bases) for name, bases in GENOME.items()})


def named(*names, description=""):
    """Other names for I, II, III and the mitochondrion, followed by a description."""
    new = dict(zip(GENOME, names, strict=True))
    chromosomes = {new[name]: bases for name, bases in GENOME.items()}
    return fasta(
        fasta_text(chromosomes).replace(" dna:chromosome", description),
        genome=chromosomes,
        chromosome_map={a: new[b] for a, b in PLAIN.chromosome_map.items() if a != new[b]},
        splits={split: [new[name] for name in own] for split, own in PLAIN.splits.items()},
    )


MORE = PLAIN.splits | {"train": ["I", "Mito"]}
ENSEMBL = " dna_sm:chromosome chromosome:GRCh38:1:1:26:1 REF"
NCBI = " Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly"
VARIANTS["genome"] = {
    "plain": variant(),
    "Windows line endings": fasta(crlf(TEXT)),
    "no newline at the end": fasta(TEXT.rstrip()),
    "blank lines between records and at the end": fasta(TEXT.replace("\n>", "\n\n>") + "\n\n"),
    "one base per line": genome(GENOME, width=1),
    "60 bases per line": genome(LONG, width=60),
    "80 bases per line": genome(LONG, width=80),
    "one line per chromosome": genome(LONG, width=1000),
    "soft-masked": replaced("A+|C+", lambda match: match[0].lower()),
    "hard-masked": replaced("acgt", "NNNN"),
    "upper case": replaced("acgt", "ACGT"),
    "IUPAC codes": replaced("NNNN", "RyKm"),
    "assembly gaps at chromosome ends": replaced("^AAAA|AC$", "NNNN"),
    "gzip": fasta(gzipped(TEXT), "genome.fa.gz"),
    "multi-member gzip": fasta(multi_member(TEXT), "genome.fa.gz"),
    "gzip without .gz in the name": fasta(gzipped(TEXT)),
    "plain text named .gz": fasta(TEXT, "genome.fa.gz"),
    ".fna": fasta(TEXT, "GCF_000146045.2_R64_genomic.fna"),
    ".fasta.gz": fasta(gzipped(crlf(TEXT)), "genome.fasta.gz"),
    "path with spaces, parentheses and an umlaut": fasta(TEXT, "Meine Hefe (für 1)/genome.fa"),
    "symbolic link": fasta(Path("genome.fa"), "link.fa"),
    "outdated .fai beside it": variant({"genome.fa.fai": "I\t8\t3\t4\t5\n"}),
    "headers without description": named(*GENOME),
    "headers with description": named(*GENOME, description=" Hefe für β 1 >2 | length=26"),
    "headers with a tab": named(*GENOME, description="\tchromosome of 26 bp"),
    "Ensembl headers": named("1", "2", "3", "MT", description=ENSEMBL),
    "NCBI headers": named(*(f"NC_00000{n}.11" for n in range(1, 5)), description=NCBI),
    "names of the peak files": named("chr1", "chr2", "chr3", "chrM"),
    "names with colons and pipes": named("HLA-A*01:01", "gi|2|ref|NC_2.1|", "3:1-16", "MT"),
    "unsorted chromosomes": genome(dict(reversed(GENOME.items())), splits=MORE),
    "contigs shorter than a window": genome({"s7": "ACG"} | GENOME | {"s8": "A"}),
    "empty contig": genome(GENOME | {"s7": ""}),
    "400 scaffolds": genome(GENOME | {f"JH58{n}.1": "ACGTACGTACGT" for n in range(400)}),
    "alternative contigs": genome(GENOME | {"II_KI270762v1_alt": "ACGTACGTACGT", "chrEBV": "A"}),
}

OWN = PeakFolder(folder="own", pattern="*.bed", suffix=".bed", group="TF")


def beds(change=str, name="{}.bed", pattern=None, suffix=None, **changed):
    """Peak files with another text or name."""
    files = {f"own/{name.format(own)}": change(PEAKS[f"{own}.bed"]) for own in PLAIN.peaks}
    suffix = suffix or name.rpartition("}")[2].removesuffix(".gz")
    pattern = pattern or name.format("*")
    folder = PeakFolder(folder="own", pattern=pattern, suffix=suffix, group="TF")
    return variant(files, Contents(**changed), peaks=folder)


def ending(columns):
    """Peak files with more columns."""
    return beds(lambda text: re.sub(r"(?<=\d)$", columns, text, flags=re.MULTILINE))


def other(change):
    """Peak files that hold other peaks."""
    return beds(change, peaks={own: intervals(change(PEAKS[f"{own}.bed"])) for own in PLAIN.peaks})


def added(lines):
    return other(lambda text: text + lines)


def positions(text):
    return "".join(f"{name}\t{start}\t{start + 1}\n" for name, start, _ in intervals(text))


UCSC = 'browser position chr1:1-20\n\ntrack name="a b" description="chr1 5 9"\n'
MACS = "# Command line: callpeak -t a.bam -g hs\n# d = 147\n\n#chr\tstart\tend\n"
SPACED = {f"{own} of K562 (1 h)": peaks for own, peaks in PLAIN.peaks.items()}
VARIANTS["peaks"] = {
    "Windows line endings": beds(crlf),
    "no newline at the end": beds(str.rstrip),
    "blank lines": beds(lambda text: text.replace("\n", "\n\n \t\n")),
    "comments between the lines": beds(lambda text: text.replace("\n", "\n# chr1\t1\t3\n")),
    "MACS header": beds(lambda text: MACS + text),
    "track and browser lines": beds(lambda text: UCSC + text),
    "columns separated by spaces": beds(lambda text: text.replace("\t", "  ")),
    "trailing white space": ending(" \t"),
    "4 columns": ending("\tpeak_1"),
    "peak names with spaces": ending("\tpeak 2 of K562\t0\t+"),
    "non-ASCII peak names": ending("\tGipfel für β-Globin"),
    "5 columns with huge scores": ending("\tpeak_1\t12345678901234567890"),
    "5 columns with scores such as 1.5e-05": ending("\tpeak_1\t1.5e-05"),
    "6 columns with strands": ending("\t.\t0\t-"),
    "9 columns with colours": ending("\tpeak_1\t0\t.\t0\t9\t255,0,0"),
    "9 columns of broadPeak": ending("\t.\t1000\t.\t5.04\t-1\t-1"),
    "10 columns of narrowPeak": ending("\t.\t1000\t.\t5.04e+00\t-1\t3.2E-10\t-1"),
    "12 columns with blocks": ending("\tpeak_1\t0\t+\t0\t9\t0\t2\t4,5,\t0,4,"),
    "15 columns of gappedPeak": ending("\tp\t0\t.\t0\t9\t0\t2\t4,5,\t0,4,\t5.04\t-1\t-1"),
    "unsorted": beds(lambda text: "".join(reversed(text.splitlines(keepends=True)))),
    "each peak twice": other(lambda text: 2 * text),
    "overlapping peaks": added("chr1\t9\t11\nchr1\t9\t12\nchr3\t5\t9\n"),
    "peaks next to each other": added("chr1\t4\t6\nchr1\t6\t8\nchr2\t7\t9\n"),
    "peaks of a single base": other(positions),
    "a peak that covers a chromosome": added("chr1\t0\t26\n"),
    "empty file": variant({"peaks/few.bed": ""}),
    "file without peaks": variant({"peaks/few.bed": "#\ntrack name=few\n"}),
    "gzip": beds(gzipped, "{}.bed.gz"),
    "multi-member gzip": beds(multi_member, "{}.bed.gz"),
    "gzip without .gz in the name": beds(gzipped),
    "plain text named .gz": beds(name="{}.bed.gz"),
    ".BED": beds(crlf, "{}.BED"),
    "_peaks.narrowPeak.gz": beds(gzipped, "{}_peaks.narrowPeak.gz"),
    "spaces and parentheses": beds(name="{} of K562 (1 h).bed", suffix=".bed", peaks=SPACED),
    "one folder per file": beds(name="{0}/{0}.bed", pattern="**/*.bed"),
    "other files in the folder": variant({"peaks/README": "chr1", "peaks/A.bed.tbi": b"\1"}),
    "symbolic links": variant({f"own/{x}": Path("../peaks", x) for x in PEAKS}, peaks=OWN),
    "symbolic link to the folder": variant({"own": Path("peaks")}, peaks=OWN),
}


def archive(mode="w", name="{}.bed", change=str.encode, pattern="*.bed*", **options):
    """A tar archive of the peak files, a folder named like one, and another file."""
    content = {name.format(own): change(PEAKS[f"{own}.bed"]) for own in PLAIN.peaks}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, **options) as members:
        for path, data in ({"all.bed": b"", "README": b"chr1"} | content).items():
            member = tarfile.TarInfo(path)
            member.type = tarfile.DIRTYPE if path == "all.bed" else tarfile.REGTYPE
            member.size = len(data)
            members.addfile(member, io.BytesIO(data))
    peaks = PeakArchive(archive={"url": "a.tar"}, pattern=pattern, suffix=".bed", group="TF")
    return variant({"a.tar": file.getvalue()}, peaks=peaks, archive=["a.tar"])


VARIANTS["peak archive"] = {
    "tar": archive(),
    "tar.gz": archive("w:gz"),
    "tar.bz2": archive("w:bz2"),
    "tar.xz": archive("w:xz"),
    "gzip files in it": archive(name="{}.bed.gz", change=gzipped),
    "member names that begin with ./": archive(name="./{}.bed"),
    "nested folders": archive(name="ENCODE/2011/{}.bed", pattern="ENCODE/*.bed"),
    "long names, GNU format": archive(name=f"{'a' * 150}/{{}}.bed", format=tarfile.GNU_FORMAT),
    "long names, POSIX format": archive(name=f"{'ü' * 150}/{{}}.bed", format=tarfile.PAX_FORMAT),
}


LISTED = "path\tname\npeaks/B.bed\tb\npeaks/A.bed\ta\n"


def table(text, name="peaks.tsv", names=("b", "a"), **files):
    """A table of the peak files of B and A, in this order."""
    peaks = dict(zip(names, (PLAIN.peaks["B"], PLAIN.peaks["A"]), strict=True))
    return variant({name: text} | files, Contents(peaks=peaks), peaks=PeakTable(table=name))


def called(b, a):
    return table(LISTED.replace("	b", f"	{b}").replace("	a", f"	{a}"), names=(b, a))


VARIANTS["peak table"] = {
    "plain": table(LISTED),
    "Windows line endings": table(crlf(LISTED)),
    "no newline at the end": table(LISTED.rstrip()),
    "blank lines at the end": table(LISTED + "\n\n"),
    "extra columns": table(re.sub("(?m)$", "\tnote", LISTED.rstrip())),
    "other column order": table("name\tpath\nb\tpeaks/B.bed\na\tpeaks/A.bed\n"),
    "empty cells": table("path\tname\tgroup\npeaks/B.bed\tb\t\npeaks/A.bed\ta\t\n"),
    "absolute paths": table(LISTED.replace("peaks/", "HERE/peaks/")),
    "relative paths with ..": table(LISTED.replace("peaks/", "../peaks/"), "tables/peaks.tsv"),
    "paths with spaces": table(LISTED.replace("s/A", "s/A 1"), **{"peaks/A 1.bed": PEAKS["A.bed"]}),
    "table name with a space and an umlaut": table(LISTED, "Tabelle für 1.txt"),
    "target names with slashes": called("K562/CTCF", "GM12878/CTCF"),
    "target names with spaces": called("CTCF in K562", "b"),
    "target names with parentheses and symbols": called("CTCF (K562, 1 h)", "H3K27ac+/-|x;y=1"),
    "non-ASCII target names": called("ERα", "Größe 核"),
    "numeric target names": called("007", "1.10"),
    "target names that differ only in case": called("CTCF", "ctcf"),
}


def setting(**changed):
    return variant(contents=Contents(**changed))


VARIANTS["settings"] = {
    "odd window and bin": setting(window=7, bin=3),
    "flanks of one base": setting(window=6),
    "long flanks": setting(window=12),
    "bin of one base": setting(window=9, bin=1),
    "bin = window": setting(window=4),
    "long bin": setting(bin=8, min_overlap=0.3),
    "min_overlap: 0": setting(min_overlap=0),
    "min_overlap: 0.99": setting(window=4, bin=2, min_overlap=0.99),
    "peak: summit": setting(peak="summit"),
    "peak: any": setting(peak="any"),
    "min_peaks: 1": setting(min_peaks=1),
    "several chromosomes per split": setting(splits=PLAIN.splits | {"train": ["Mito", "I"]}),
    "train: null": variant(None, Contents(splits=MORE), splits=PLAIN.splits | {"train": None}),
    "train: null, ignore": variant(splits=PLAIN.splits | {"train": None}, ignore=["Mito"]),
    "unused names in chromosome_map": setting(chromosome_map=PLAIN.chromosome_map | {"chrX": "X"}),
}

REGIONS = "chr1\t10\t14\nchr1\t21\t26\nchr1\t20\t24\nchr1\t22\t23\nchr3\t2\t3\n"
BESIDE = "chr1\t10\t14\nchr3\t0\t2\n"


def excluding(content, regions=REGIONS, name="exclude.bed"):
    return variant({name: content}, Contents(excluded=intervals(regions)), exclude=name)


VARIANTS["excluded regions"] = {
    "overlapping regions": excluding(REGIONS),
    "regions adjacent to windows": excluding(BESIDE, BESIDE),
    "Windows line endings": excluding(crlf(REGIONS)),
    "reasons in column 4": excluding(REGIONS.replace("\n", "\tHigh Signal Region\n")),
    "gzip": excluding(gzipped(REGIONS), name="hg19-blacklist.v2.bed.gz"),
    "chromosomes missing from the genome": excluding(REGIONS + "chrUn\t0\t9\n"),
    "empty list": excluding("", ""),
}


@pytest.mark.parametrize(
    ("files", "contents", "arguments"),
    [
        pytest.param(*case, id=f"{what}: {name}")
        for what, cases in VARIANTS.items()
        for name, case in cases.items()
    ],
)
def test_stores_hold_the_counted_rows(inputs, monkeypatch, files, contents, arguments):
    monkeypatch.chdir(inputs.folder)
    inputs.write(files)
    inputs.tile(**(contents.settings() | arguments))
    assert inputs.targets() == list(contents.targets().items())
    assert inputs.rows() == contents.rows()
