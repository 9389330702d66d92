"""A genome small enough to know every row."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters
from noncoding.data.store import Store
from noncoding.settings.base_dataset import Download
from noncoding.settings.genome import GenomeDataset, PeakFolder, Splits
from noncoding.stages.tile import tile

# Bins of 4 bp in windows of 8 bp: a window starts 2 bp before its bin.
GENOME = {
    "I": "AAAACCCCGGGGTTTTNNNNacgtAC",
    "II": "ACGTTGCAACGTTGCA",
    "III": "CCCCAAAAGGGGTTTT",
    "Mito": "ACACACACACACACAC",
}
PEAKS = {
    "B.bed": "chr1\t5\t6\nchr1\t16\t20\nchr2\t4\t7\nchr3\t0\t16\nchrM\t4\t8\n",
    "A.bed": "chr1\t0\t1\nchr1\t8\t10\nchr1\t16\t17\nchr1\t24\t26\nchr3\t9\t10\n",
    "empty.bed": "# none\n",
    "few.bed": "chr1\t5\t6\nchrUn\t1\t2\nchrUn\t4\t6\n",
}
CHROMOSOME_MAP = {"chr1": "I", "chr2": "II", "chr3": "III", "chrM": "Mito"}
CHROMOSOMES = {"train": ["I"], "valid": ["II"], "test": ["III"]}
# By hand: split → locus, window, labels of A and B. The bin at I:0-4 has A
# and its window extends beyond the chromosome; A covers exactly half of I:8-12.
ROWS = {
    "train": [
        (("I", 2, 10), "AACCCCGG", [0, 1]),
        (("I", 14, 22), "TTNNNNAC", [1, 1]),
    ],
    "valid": [(("II", 2, 10), "GTTGCAAC", [0, 1])],
    "test": [
        (("III", 2, 10), "CCAAAAGG", [0, 1]),
        (("III", 6, 14), "AAGGGGTT", [1, 1]),
    ],
}
COUNTS = {
    "peak_files": 4,
    "targets": 2,
    "dropped_empty": ["empty"],
    "dropped_few_peaks": {"few": 1},
    "dropped_few_positives": {},
    "peaks": 13,
    "peaks_outside": 2,
    "peaks_clipped": 0,
    "peaks_in_no_split": 1,
    "bins": "any target",
    "bins_chosen": 8,
    "windows_off_chromosome": 3,
    "windows_guarded": 0,
    "windows_excluded": {},
    "windows_excluded_any": 0,
    "windows_unknown_bases": 0,
    "rows": {"train": 2, "valid": 1, "test": 2},
}


def fasta_text(genome=GENOME, width=7):
    return "".join(
        f">{name} dna:chromosome\n"
        + "".join(f"{sequence[i : i + width]}\n" for i in range(0, len(sequence), width))
        for name, sequence in genome.items()
    )


def intervals(text):
    """Chromosome, start and end of each line of a plain BED file."""
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [(name, int(start), int(end)) for name, start, end in lines]


INTERVALS = {name.removesuffix(".bed"): intervals(PEAKS[name]) for name in sorted(PEAKS)}


class Contents(NamedTuple):
    """Contents of input files, and settings; labels are counted base by base."""

    genome: dict = GENOME
    peaks: dict = INTERVALS
    excluded: list = ()
    chromosome_map: dict = CHROMOSOME_MAP
    splits: dict = CHROMOSOMES
    window: int = 8
    bin: int = 4
    min_overlap: float = 0.5
    min_peaks: int = 2
    peak: str = "overlap"

    def settings(self):
        """Keys of the data set."""
        files = ("genome", "peaks", "excluded")
        return {name: value for name, value in self._asdict().items() if name not in files}

    def targets(self):
        """Target with enough peaks → number of its peaks on the chromosomes of the splits."""
        used = [name for names in self.splits.values() for name in names]
        counts = {
            target: sum(len(self.on(name, own)) for name in used)
            for target, own in self.peaks.items()
        }
        return {target: count for target, count in counts.items() if count >= self.min_peaks}

    def rows(self):
        """Split → locus, window and labels of each row."""
        return {
            split: [row for name in self.genome if name in names for row in self.rows_on(name)]
            for split, names in self.splits.items()
        }

    def rows_on(self, chromosome, offset=0):
        sequence = re.sub("[^ACGT]", "N", self.genome[chromosome].upper())
        peaks = [self.on(chromosome, self.peaks[target]) for target in self.targets()]
        excluded = self.on(chromosome, self.excluded)
        flank = (self.window - self.bin) // 2
        for start in range(offset, len(sequence) - self.bin + 1, self.bin):
            left, right = start - flank, start + self.bin + flank
            labels = [int(self.positive(range(start, start + self.bin), own)) for own in peaks]
            if (
                any(labels)
                and left >= 0
                and right <= len(sequence)
                and all(end <= left or right <= begin for begin, end in excluded)
            ):
                yield (chromosome, left, right), sequence[left:right], labels

    def on(self, chromosome, regions):
        names = self.chromosome_map
        return [(start, end) for name, start, end in regions if names.get(name, name) == chromosome]

    def positive(self, bases, peaks):
        """Whether a bin is positive for a target, given its peaks on the chromosome."""
        if self.peak == "summit":
            return any((start + end) // 2 in bases for start, end in peaks)
        if self.peak == "any":
            return any(start <= base < end for start, end in peaks for base in bases)
        positions = [start for start, end in peaks if end - start == 1]
        regions = [range(start, end) for start, end in peaks if end - start > 1]
        covered = sum(any(base in region for region in regions) for base in bases)
        return covered > self.min_overlap * self.bin or any(base in positions for base in bases)


class Inputs:
    """The tiny data set on disk."""

    def __init__(self, folder):
        self.folder = folder
        self.fasta = folder / "genome.fa"
        self.fasta.write_text(fasta_text())
        self.peaks = folder / "peaks"
        self.peaks.mkdir()
        for name, text in PEAKS.items():
            (self.peaks / name).write_text(text)
        self.output = folder / "data"
        self.stores = {name: self.output / f"{name}.h5" for name in CHROMOSOMES}

    def write(self, files):
        """Write text (HERE stands for the folder) or bytes, or make a link to a path."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            match content:
                case Path():
                    path.symlink_to(content)
                case bytes():
                    path.write_bytes(content)
                case str():
                    path.write_bytes(content.replace("HERE", str(self.folder)).encode())

    def tile(self, *, fasta=None, archive=(), ignore=(), **changes):
        """Build the stores, with the given keys of the data set changed."""
        peaks = PeakFolder(folder=str(self.peaks), pattern="*.bed", suffix=".bed", group="TF")
        keys = {"peaks": peaks, "exclude": None, "min_positives": 1, **Contents().settings()}
        keys |= changes
        if isinstance(keys["exclude"], str):
            keys["exclude"] = [Download(url=keys["exclude"])]
        keys["splits"] = Splits.model_construct(**keys["splits"], ignore=ignore)
        # Not validated: a configuration has no windows as short as these.
        settings = GenomeDataset.model_construct(**keys)
        tile(fasta or self.fasta, archive, self.output, settings, urls={"genome.fa": "tiny"})

    def rows(self):
        found = {}
        for name, path in self.stores.items():
            with Store(path) as store:
                everything = slice(None)
                found[name] = [
                    (tuple(locus), letters(sequence), labels.tolist())
                    for locus, sequence, labels in zip(
                        store.loci().itertuples(index=False),
                        store.sequences(everything),
                        store.labels(everything),
                        strict=True,
                    )
                ]
        return found

    def targets(self):
        """Name and number of peaks of each target."""
        with Store(self.stores["train"]) as store:
            return list(store.targets[["name", "peaks"]].itertuples(index=False, name=None))

    def counts(self, split="train"):
        with Store(self.stores[split]) as store:
            return store.source["counts"]

    def refuses(self, match, **changes):
        with pytest.raises(InputError, match=match):
            self.tile(**changes)
        left = [path for path in self.folder.rglob("*") if "h5" in path.name]
        assert left == [], "an error leaves no store, whole or partial"
