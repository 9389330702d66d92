"""Cost of the data set of DeepSEA rebuilt from a genome and 919 peak files: the stage `tile`.

    python benchmarks/rebuilt.py --work FOLDER --json rebuilt.json

Writes a synthetic genome with the chromosomes of hg19 (gzip FASTA), 919 narrowPeak files of about
40,000 peaks each, and the list of bins with a transcription factor, about 2.6 million; files that
are in the folder already are used again. Then runs, in separate processes:

tile
    The stage with the settings of configs/deepsea_rebuilt.yaml: stores of all splits.
labels
    The same up to the labels of all bins × 919 targets: genome, peak files and list of bins are
    read, and no store is written.

`--scale 0.01` shortens the chromosomes and the peak files to a hundredth, for a try.
"""

import argparse
import json
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import common
import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from isal import igzip

from noncoding.data.genome.bin_list import read_bins
from noncoding.data.genome.bins import BinAxis, Binning
from noncoding.data.genome.coded_genome import coded_genome
from noncoding.data.genome.labels import Labels
from noncoding.data.genome.peak_targets import read_peak_targets
from noncoding.data.genome.rows import ROWS_PER_BLOCK
from noncoding.data.genome.splits import split_regions
from noncoding.data.store import Store
from noncoding.layout import SPLITS
from noncoding.settings.genome import BinsOfFile, GenomeDataset
from noncoding.stages.tile import tile

ROOT = Path(__file__).parents[1]
TARGETS = ROOT / "resources" / "deepsea_targets.tsv"
CONFIGURATION = ROOT / "configs" / "deepsea_rebuilt.yaml"
# hg19, in bp, in the order of UCSC's FASTA file.
CHROMOSOMES = {
    "chr1": 249_250_621,
    "chr2": 243_199_373,
    "chr3": 198_022_430,
    "chr4": 191_154_276,
    "chr5": 180_915_260,
    "chr6": 171_115_067,
    "chr7": 159_138_663,
    "chrX": 155_270_560,
    "chr8": 146_364_022,
    "chr9": 141_213_431,
    "chr10": 135_534_747,
    "chr11": 135_006_516,
    "chr12": 133_851_895,
    "chr13": 115_169_878,
    "chr14": 107_349_540,
    "chr15": 102_531_392,
    "chr16": 90_354_753,
    "chr17": 81_195_210,
    "chr18": 78_077_248,
    "chr20": 63_025_520,
    "chrY": 59_373_566,
    "chr19": 59_128_983,
    "chr22": 51_304_566,
    "chr21": 48_129_895,
}
NOT_LISTED = ("chrY",)
TEST = ("chr8", "chr9")
OFFICIAL_BINS, OFFICIAL_TEST, OFFICIAL_TRAIN, OFFICIAL_VALID = 2_608_181, 227_512, 2_200_000, 4_000
PEAKS = 40_000
"""Mean number of peaks of a file."""
SPREAD = 0.6
"""Standard deviation of the logarithm of the number of peaks."""
SITES = 1_762_800
"""Places of the genome where transcription factors may bind; chosen for 2.6 million bins."""
EVENNESS = 0.7
"""Shape of the gamma distribution of how often a site is bound; smaller: fewer sites have most."""
WIDTHS = {"TF": (150, 400), "DNase": (150, 300), "Histone": (300, 4000)}
UNKNOWN = 0.07
"""Share of each chromosome that is N, in its middle."""
LINE = 50
"""Letters in a line of the FASTA file, as UCSC writes them."""
BIN, FLANK = 200, 400


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--targets", type=int, default=919, help="use the first targets only")
    common.add_sides(parser, ["make", *SIDES])
    arguments = parser.parse_args()
    if arguments.side == "make":
        print(json.dumps(make(arguments.work, arguments.scale, arguments.targets)))
        return
    if arguments.side:
        start = time.perf_counter()
        figures = SIDES[arguments.side](arguments.work)
        print(json.dumps({"seconds": time.perf_counter() - start, **figures}))
        return
    if arguments.work:
        compare(arguments, arguments.work)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    options = ["--scale", arguments.scale, "--targets", arguments.targets, "--work", folder]
    made = common.run_side(__file__, "--side", "make", *options)
    sides = {}
    for side in SIDES:
        measured = common.run_side(__file__, "--side", side, *options)
        sides[side] = {**measured.figures, "peak_mib": round(measured.peak_mib)}
    common.write_json(
        arguments.json,
        {
            "scale": arguments.scale,
            **made.figures,
            "sides": sides,
            "hardware": common.hardware(),
        },
    )


def make(folder: Path, scale: float, number: int) -> dict[str, float]:
    """Write what `inputs` lists, unless it is there; counts of it."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "made.json"
    wanted = {"scale": scale, "targets": number}
    if done.exists() and wanted.items() <= (made := json.loads(done.read_text())).items():
        return made
    done.unlink(missing_ok=True)
    lengths = {name: int(length * scale) for name, length in CHROMOSOMES.items()}
    write_fasta(folder / "hg19.fa.gz", lengths)
    table = pd.read_csv(TARGETS, sep="\t", keep_default_na=False, dtype=str).head(number)
    (folder / "peaks").mkdir(exist_ok=True)
    sites = Sites(lengths, int(SITES * scale))
    listed = np.zeros(sites.bins, dtype=bool)
    peaks = 0
    paths = []
    for index, (group, name) in enumerate(zip(table["group"], table["peak_file"], strict=True)):
        paths.append(f"peaks/{name.removesuffix('.gz')}.gz")
        drawn = sites.draw(group, PEAKS * scale, np.random.default_rng([2, index]))
        peaks += len(drawn)
        write_peaks(folder / paths[-1], drawn)
        if group == "TF":
            listed[sites.covered(drawn)] = True
    drop = ["url", "sha256"]
    table = table.drop(columns=drop, errors="ignore").assign(path=paths)
    table.to_csv(folder / "targets.tsv", sep="\t", index=False)
    bins = sites.listed(listed)
    write_bins(folder / "bins.bed.tar.gz", bins)
    made = {
        **wanted,
        "genome_bp": sum(lengths.values()),
        "peaks": peaks,
        "bins": len(bins),
        "test_bins": int(bins["chromosome"].isin(TEST).sum()),
        "fasta_mib": round((folder / "hg19.fa.gz").stat().st_size / 2**20),
        "peaks_mib": round(sum((folder / path).stat().st_size for path in paths) / 2**20),
    }
    done.write_text(json.dumps(made))
    return made


def write_fasta(path: Path, lengths: dict[str, int]) -> None:
    """Random bases, half of them in lower case in stretches of 300 bp, with a stretch of N."""
    generator = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGTacgt", dtype=np.uint8)
    with igzip.open(path, "wb", compresslevel=1) as handle:
        for name, length in lengths.items():
            handle.write(f">{name}\n".encode())
            first, last = unknown(length)
            block = LINE << 18
            for start in range(0, length, block):
                size = min(block, length - start)
                codes = generator.integers(0, 4, size, dtype=np.uint8)
                masked = np.repeat(generator.random(size // 300 + 1) < 0.5, 300)[:size]
                text = letters[codes + 4 * masked]
                text[max(first - start, 0) : max(last - start, 0)] = ord("N")
                whole = text[: size - size % LINE].reshape(-1, LINE)
                handle.write(np.pad(whole, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())
                if size % LINE:
                    handle.write(text[len(whole) * LINE :].tobytes() + b"\n")


def unknown(length: int) -> tuple[int, int]:
    """Start and end of the stretch of N of a chromosome."""
    return length // 2, length // 2 + int(UNKNOWN * length)


class Sites:
    """Binding sites on all chromosomes, on one axis of bins.

    Parameters
    ----------
    lengths : dict
        Chromosome → length in bp.
    number : int
        Number of sites.

    Attributes
    ----------
    bins : int
        Number of bins of all chromosomes.
    """

    def __init__(self, lengths: dict[str, int], number: int) -> None:
        generator = np.random.default_rng(3)
        self._names = list(lengths)
        self._lengths = np.array(list(lengths.values()))
        complete = self._lengths // BIN
        self._first_bin = np.cumsum(complete) - complete
        self.bins = int(complete.sum())
        # Not on chrY, at the ends or where bases are unknown.
        usable = np.where(np.isin(self._names, NOT_LISTED), 0, self._lengths)
        chromosome = generator.choice(len(usable), number, p=usable / usable.sum())
        length = self._lengths[chromosome]
        position = (generator.random(number) * (length - 20_000)).astype(np.int64) + 10_000
        first, last = np.array([unknown(int(each)) for each in self._lengths]).T
        inside = (position > first[chromosome] - 5000) & (position < last[chromosome] + 5000)
        self._chromosome, self._position = chromosome[~inside], position[~inside]
        bound = generator.gamma(EVENNESS, size=len(self._position))
        self._cumulative = np.cumsum(bound) / bound.sum()

    def draw(self, group: str, mean: float, generator: np.random.Generator) -> pd.DataFrame:
        """Peaks of a target: number of the chromosome, start and end."""
        number = int(mean * generator.lognormal(-(SPREAD**2) / 2, SPREAD))
        site = np.searchsorted(self._cumulative, generator.random(number))
        site = np.unique(np.minimum(site, len(self._cumulative) - 1))
        narrow, wide = WIDTHS[group]
        width = generator.integers(narrow, wide, len(site), endpoint=True)
        start = self._position[site] + generator.integers(-60, 60, len(site)) - width // 2
        chromosome = self._chromosome[site]
        start = np.clip(start, 0, self._lengths[chromosome] - width)
        return pd.DataFrame({"chromosome": chromosome, "start": start, "end": start + width})

    def covered(self, peaks: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Bins of which a peak covers more than half."""
        chromosome, start, end = (peaks[name].to_numpy() for name in peaks)
        first = start // BIN
        counts = (end - 1) // BIN + 1 - first
        peak = np.repeat(np.arange(len(peaks)), counts)
        bin = first[peak] + np.arange(len(peak)) - np.repeat(np.cumsum(counts) - counts, counts)
        overlap = np.minimum(end[peak], (bin + 1) * BIN) - np.maximum(start[peak], bin * BIN)
        kept = (overlap > BIN // 2) & (bin < self._lengths[chromosome[peak]] // BIN)
        return (self._first_bin[chromosome[peak]] + bin)[kept]

    def listed(self, chosen: npt.NDArray[np.bool_]) -> pd.DataFrame:
        """Chosen bins with a whole window, by name of the chromosome as text."""
        number = np.flatnonzero(chosen)
        chromosome = np.searchsorted(self._first_bin, number, side="right") - 1
        start = (number - self._first_bin[chromosome]) * BIN
        whole = (start >= FLANK) & (start + BIN + FLANK <= self._lengths[chromosome])
        names = np.array(self._names)[chromosome]
        table = pd.DataFrame({"chromosome": names, "start": start, "end": start + BIN})[whole]
        return table.sort_values(["chromosome", "start"])


def write_peaks(path: Path, peaks: pd.DataFrame) -> None:
    """A narrowPeak file, sorted by chromosome and start."""
    names = np.array(list(CHROMOSOMES))
    table = pd.DataFrame(
        {
            "chromosome": names[peaks["chromosome"]],
            "start": peaks["start"],
            "end": peaks["end"],
            "name": ".",
            "score": 1000,
            "strand": ".",
            "signal": 7.25,
            "p": -1,
            "q": 2.5,
            "summit": (peaks["end"] - peaks["start"]) // 2,
        }
    ).sort_values(["chromosome", "start"])
    text = table.to_csv(sep="\t", index=False, header=False)
    path.write_bytes(igzip.compress(text.encode(), compresslevel=2))


def write_bins(path: Path, bins: pd.DataFrame) -> None:
    """The list of bins, in an archive like the authors'."""
    content = bins.to_csv(sep="\t", index=False, header=False).encode()
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("bins.bed")
        member.size = len(content)
        archive.addfile(member, BytesIO(content))


def inputs(folder: Path) -> tuple[GenomeDataset, list[str]]:
    """The settings of the stage, and the table of peak files with these files."""
    made = json.loads((folder / "made.json").read_text())
    settings = yaml.safe_load(CONFIGURATION.read_text())["datasets"]["deepsea_rebuilt"]
    # As large a part of the list as in the official set.
    share = (made["bins"] - made["test_bins"]) / (OFFICIAL_BINS - OFFICIAL_TEST)
    settings["splits"]["train"] = {"rows": int(OFFICIAL_TRAIN * share)}
    settings["splits"]["valid"] = {"rows": max(1, int(OFFICIAL_VALID * share))}
    settings |= {
        "fasta": str(folder / "hg19.fa.gz"),
        "peaks": {"table": str(folder / "targets.tsv")},
        "bins": {"file": str(folder / "bins.bed.tar.gz")},
        # The published numbers are of other peaks.
        "verify": "off",
    }
    table = pd.read_csv(folder / "targets.tsv", sep="\t")
    files = [str(folder / path) for path in table["path"]]
    return GenomeDataset.model_validate(settings), [settings["peaks"]["table"], *files]


def run_tile(folder: Path) -> dict[str, Any]:
    """The stage, with a folder of its own."""
    settings, peaks = inputs(folder)
    stores = folder / "stores"
    stores.mkdir(exist_ok=True)
    tile(folder / "hg19.fa.gz", peaks, stores, settings, urls={})
    rows = {}
    for split in SPLITS:
        with Store(stores / f"{split}.h5") as store:
            rows[f"{split}_rows"] = store.rows
    size = sum((stores / f"{split}.h5").stat().st_size for split in SPLITS)
    return {**rows, "stores_mib": round(size / 2**20)}


def run_labels(folder: Path) -> dict[str, Any]:
    """Labels of all listed bins, packed, in memory a block at a time."""
    settings, peaks = inputs(folder)
    assert settings.splits is not None and isinstance(settings.bins, BinsOfFile)
    seconds = {}
    start = time.perf_counter()
    with coded_genome(folder / "hg19.fa.gz", folder) as coded:
        genome = coded.genome
    seconds["genome_seconds"] = time.perf_counter() - start
    start = time.perf_counter()
    regions = split_regions(genome, settings.splits, settings.chromosome_map)
    axis = BinAxis(genome.lengths, settings.bin)
    binning = Binning(settings.window, settings.bin, settings.min_overlap, settings.peak)
    names = settings.chromosome_map
    found = read_peak_targets(settings.peaks, peaks, genome, regions, axis, binning, names, 0)
    labels = Labels.of_targets(found.bins)
    seconds["peaks_seconds"] = time.perf_counter() - start
    start = time.perf_counter()
    table = read_bins(str(settings.bins.file.url), settings.bin, genome, names)
    bins = axis.numbers(table["chromosome"].cat.codes.to_numpy(), table["bin"].to_numpy())
    positive = 0
    for first in range(0, len(bins), ROWS_PER_BLOCK):
        packed = np.packbits(labels.matrix(bins[first : first + ROWS_PER_BLOCK]), axis=-1)
        positive += int(np.bitwise_count(packed).sum(dtype=np.int64))
    seconds["matrix_seconds"] = time.perf_counter() - start
    return {**seconds, "labelled_bins": len(bins), "positive_labels": positive}


SIDES = {"labels": run_labels, "tile": run_tile}


if __name__ == "__main__":
    main()
