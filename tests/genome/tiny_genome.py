"""A genome small enough to know every row of."""

import pytest

from noncoding.alphabet import letters
from noncoding.build.build import build
from noncoding.build.peaks import PeakFolder
from noncoding.errors import InputError
from noncoding.store import Store

SPLITS = ("train", "valid", "test")
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
# By hand: split → locus, window, labels of A and B. The bin at I:0-4 has A
# and its window leaves the chromosome; A covers just half of I:8-12.
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
    "bins_with_peak": 8,
    "windows_off_chromosome": 3,
    "windows_excluded": 0,
    "rows": {"train": 2, "valid": 1, "test": 2},
}


def fasta_text(genome=GENOME, width=7):
    return "".join(
        f">{name} dna:chromosome\n"
        + "".join(f"{sequence[i : i + width]}\n" for i in range(0, len(sequence), width))
        for name, sequence in genome.items()
    )


class Inputs:
    """The tiny data set on disk, with any argument of `build` to be changed."""

    def __init__(self, folder):
        self.folder = folder
        self.fasta = folder / "genome.fa"
        self.fasta.write_text(fasta_text())
        self.peaks = folder / "peaks"
        self.peaks.mkdir()
        for name, text in PEAKS.items():
            (self.peaks / name).write_text(text)
        self.stores = {name: folder / "data" / f"{name}.h5" for name in SPLITS}

    def build(self, **changes):
        arguments = {
            "fasta": self.fasta,
            "peaks": PeakFolder(self.peaks, "*.bed", ".bed", "TF"),
            "stores": self.stores,
            "window": 8,
            "bin": 4,
            "min_overlap": 0.5,
            "min_peaks": 2,
            "splits": {"train": ["I"], "valid": ["II"], "test": ["III"]},
            "chromosome_map": CHROMOSOME_MAP,
            "source": {"assembly": "tiny"},
        }
        build(**(arguments | changes))

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

    def counts(self, split="train"):
        with Store(self.stores[split]) as store:
            return store.source["counts"]

    def refuses(self, match, **changes):
        with pytest.raises(InputError, match=match):
            self.build(**changes)
        left = [path for path in self.folder.rglob("*") if "h5" in path.name]
        assert left == [], "an error leaves no store, whole or partial"
