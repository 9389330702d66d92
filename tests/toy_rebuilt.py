"""A small data set like that of DeepSEA: genome, peak files and table, and its rows, base by base.

The rule is written a second time here, without code of the project and without libraries: loops
over bases, bins and targets.
"""

import csv
import gzip
import io
import random
import tarfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

OFFICIAL = Path(__file__).parents[1] / "resources" / "deepsea_targets.tsv"
# In the order of the FASTA file. By name as text: chr1, chr10, chr2, chr7, chr8, chr9, chrX.
LENGTHS = {
    "chr1": 26_130,
    "chr2": 22_000,
    "chr7": 20_399,
    "chr8": 15_050,
    "chr9": 12_200,
    "chr10": 15_700,
    "chrX": 9_999,
    "chrY": 5_000,
    "chrM": 3_000,
    "chr1_gl000191_random": 3_000,
    "chrUn_gl000211": 3_100,
}
USED = ("chr1", "chr2", "chr7", "chr8", "chr9", "chr10", "chrX")
IGNORED = ["chrY", "chrM", "chr*_*"]
TEST = ("chr8", "chr9")
BIN, FLANK = 200, 400
TRAIN, VALID = 210, 20
"""Loci of the training and validation splits."""
BINS_FILE = "allTFs.pos.bed.tar.gz"
TABLE = "targets.tsv"
_COLUMNS = ("index", "group", "cell_type", "assay", "treatment", "peak_file")


class Row(NamedTuple):
    """A locus (chromosome, start and end of its window), its sequence and its positive targets."""

    locus: tuple[str, int, int]
    sequence: str
    targets: tuple[int, ...]


def official_targets():
    """Index, group, cell type, assay, treatment and peak file of the 919 targets."""
    with OFFICIAL.open() as handle:
        return [
            {column: row[column] for column in _COLUMNS}
            for row in csv.DictReader(handle, delimiter="\t")
        ]


class ToyRebuilt:
    """The data set in memory.

    Attributes
    ----------
    targets : list of dict
        Rows of the table, without URLs.
    genome : dict
        Chromosome → sequence, with lower case and runs of N.
    peaks : list of list
        Chromosome, start and end of each peak, by target.
    """

    def __init__(self, targets, seed=1):
        draw = random.Random(seed)
        self.targets = targets
        self.genome = {name: _sequence(draw, length) for name, length in LENGTHS.items()}
        # About half of the bins have transcription factors.
        hot = [
            (name, bin * BIN)
            for name, length in LENGTHS.items()
            for bin in range(length // BIN)
            if draw.random() < 0.4
        ]
        self.peaks = [_peaks(draw, target["group"], hot) for target in targets]

    def labels(self):
        """Bin (chromosome and number) → its positive targets, in ascending order."""
        positive = {}
        for target, peaks in enumerate(self.peaks):
            covered = {name: bytearray(length) for name, length in LENGTHS.items()}
            for name, start, end in peaks:
                for base in range(start, min(end, LENGTHS.get(name, 0))):
                    covered[name][base] = 1
            for name, length in LENGTHS.items():
                for bin in range(length // BIN):
                    # More than half of the bin.
                    if sum(covered[name][bin * BIN : (bin + 1) * BIN]) * 2 > BIN:
                        positive.setdefault((name, bin), []).append(target)
        return positive

    def bins(self, labels):
        """The bins with a transcription factor, in the official order."""
        factors = {i for i, target in enumerate(self.targets) if target["group"] == "TF"}
        found = []
        for name in sorted(USED):
            for bin in range(LENGTHS[name] // BIN):
                start, end = bin * BIN - FLANK, (bin + 1) * BIN + FLANK
                if start < 0 or end > LENGTHS[name]:
                    continue
                if any(target in factors for target in labels.get((name, bin), [])):
                    found.append((name, bin))
        return found

    def rows(self, bins, labels, train=TRAIN, valid=VALID):
        """Split → its rows: the loci in the order of `bins`, then their reverse complements."""
        others = [(name, bin) for name, bin in bins if name not in TEST]
        of_split = {
            "train": others[:train],
            "valid": others[train : train + valid],
            "test": [(name, bin) for name, bin in bins if name in TEST],
        }
        rows = {}
        for split, own in of_split.items():
            forward = []
            for name, bin in own:
                start, end = bin * BIN - FLANK, (bin + 1) * BIN + FLANK
                sequence = self.genome[name][start:end].upper()
                forward.append(
                    Row((name, start, end), sequence, tuple(labels.get((name, bin), ())))
                )
            rows[split] = forward + [
                Row(row.locus, _reverse_complement(row.sequence), row.targets) for row in forward
            ]
        return rows

    def test_positives(self, rows):
        """Positive rows of the test split by target, both strands counted."""
        counts = Counter(target for row in rows["test"] for target in row.targets)
        return [counts[target] for target in range(len(self.targets))]

    def write(self, folder, bins):
        """Write genome, peak files and list of bins, as they are published."""
        lines = []
        for name, sequence in self.genome.items():
            lines += [f">{name}", *(sequence[i : i + 50] for i in range(0, len(sequence), 50))]
        _write_gzip(folder / "hg19.fa.gz", "\n".join(lines) + "\n")
        for target, peaks in zip(self.targets, self.peaks, strict=True):
            text = "".join(
                f"{name}\t{start}\t{end}\t.\t1000\t.\t7.5\t-1\t-1\t{(end - start) // 2}\n"
                for name, start, end in peaks
            )
            _write_gzip(folder / _peak_file(target), text)
        content = "".join(
            f"{name}\t{bin * BIN}\t{(bin + 1) * BIN}\n" for name, bin in bins
        ).encode()
        with tarfile.open(folder / BINS_FILE, "w:gz") as archive:
            member = tarfile.TarInfo(BINS_FILE.removesuffix(".tar.gz"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    def write_table(self, path, url, test_positives):
        """Write the table, with a column of URLs below `url`."""
        with path.open("w", newline="") as handle:
            writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
            writer.writerow([*_COLUMNS, "url", "test_positives"])
            for target, number in zip(self.targets, test_positives, strict=True):
                writer.writerow([*target.values(), f"{url}/{_peak_file(target)}", number])


def _peak_file(target):
    name = target["peak_file"]
    return name if name.endswith(".gz") else f"{name}.gz"


def _write_gzip(path, text):
    path.write_bytes(gzip.compress(text.encode(), compresslevel=1, mtime=0))


def _sequence(draw, length):
    """Random letters, a quarter in lower case, with runs of N."""
    letters = draw.choices("ACGTACGTACGTacgt", k=length)
    for _ in range(max(1, length // 4000)):
        start = draw.randrange(length)
        for base in range(start, min(start + draw.choice((1, 30, 700)), length)):
            letters[base] = "N"
    return "".join(letters)


def _peaks(draw, group, hot):
    """Intervals of a target; a few overlap, and a few end where half of a bin ends."""
    peaks = []
    for _ in range(draw.randrange(3, 12)):
        if group == "TF":
            name, bin_start = draw.choice(hot)
            start = bin_start + draw.randrange(-60, 60)
            width = draw.choice((100, 101, 150, 230, 300))
        else:
            name = draw.choice(list(LENGTHS))
            start = draw.randrange(LENGTHS[name])
            width = draw.randrange(300, 2500) if group == "Histone" else 150
        start = max(0, min(start, LENGTHS[name] - width))
        peaks.append((name, start, start + width))
        if draw.random() < 0.2:
            shifted = start + draw.randrange(1, width)
            peaks.append((name, shifted, min(shifted + width, LENGTHS[name])))
    # Exactly half of a bin, and one base more.
    name = draw.choice(USED)
    first = draw.randrange(3, LENGTHS[name] // BIN - 3) * BIN
    if group != "TF" or (name, first) in hot:
        peaks.append((name, first, first + BIN // 2 + draw.randrange(2)))
    if draw.random() < 0.05:
        peaks.append(("chr6_cox_hap2", 100, 500))  # not in the FASTA file
    draw.shuffle(peaks)
    return peaks


def _reverse_complement(sequence):
    opposite = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
    return "".join(opposite[letter] for letter in reversed(sequence))
