"""Paths of all output files, relative to the folder of results; they are defined only here.

A path holds wildcards, as in a rule of Snakemake: ``{dataset}``, ``{model}``, ``{split}``; for
downloads, ``{file}``; and for entries of ``apply``, ``{name}``. A stage writes the files `FILES`
and the figures `FIGURES` into its folder `FOLDERS`.
"""

import os
from pathlib import Path

FORMATS = ("svg", "png")
SPLITS = ("train", "valid", "test")
BASELINES = {"gc": "GC content", "kmers": "k-mer regression", "motif": "motif scan"}
"""Classifiers without a network: prefix of their columns and files → name in comparisons."""

TARGETS = "targets.tsv"
ARCHIVE_DIGEST = "archive.sha256"
SUMMARY = "summary.json"
METRICS_LOG = "metrics.csv"
LAYERS_LOG = "layers.csv"
PREDICTIONS = "predictions.h5"
REPLICATES = "replicates.h5"
GENOME_WIDE = "genome_wide.h5"
RANKING = "ranking.tsv"
PAIRS = "pairs.tsv"
FAITHFULNESS = "faithfulness.tsv"
MAPS = "maps.h5"
PATTERNS = "patterns.tsv"
PATTERNS_MEME = "patterns.meme"
FIGURE_FOLDER = "figures"
TRUTH = "truth.tsv"
REPORT = "report.html"
TRACKS = "tracks"
UNFINISHED = "unfinished"
"""Folder with the state of a training until its results are accepted; also the suffix of the
folder with the finished shards of predictions."""
BACKGROUND = "background"
"""Folder, in that of a model, with the scores of random variants."""
FINISHED = "finished.json"
"""File in the state of a training that marks its end."""

MODEL_CODE = (
    "network.py",
    "layers.py",
    "residual_blocks.py",
    "wide_resnet.py",
    "attention.py",
    "sequence.py",
    "hybrid.py",
    "deepsea.py",
    "danq.py",
    "ensemble.py",
)
"""Modules of `noncoding.models` that require only torch and transformers and use relative
imports: with them, an exported model can be loaded without this project."""
LOADED_FILES = ("config.json", "model.safetensors", TARGETS, "training.json")
"""Files of an exported model that this project reads."""
MODEL_FILES = (*LOADED_FILES, "README.md", *MODEL_CODE)
CHECKPOINTS = ("best.ckpt", "last.ckpt")

FOLDERS = {
    "simulate": "{dataset}/simulated",
    "fetch": "{dataset}/raw",
    "unpack": "{dataset}/raw",
    "convert": "{dataset}/data",
    "tile": "{dataset}/data",
    "tile_genome_wide": "{dataset}/data",
    "describe": "{dataset}/data",
    "train": "{dataset}/{model}",
    "plot_training": "{dataset}/{model}/training",
    "ensemble": "{dataset}/{model}",
    "predict": "{dataset}/{model}",
    "baseline": "{dataset}/baseline",
    "evaluate": "{dataset}/{model}/evaluation",
    "predict_genome_wide": "{dataset}/{model}/genome_wide",
    "evaluate_genome_wide": "{dataset}/{model}/genome_wide",
    "compare": "{dataset}/compare",
    "sweep": "sweep",
    "explain": "{dataset}/{model}/explain",
    "motifs": "{dataset}/{model}/motifs",
    "predict_regions": "{dataset}/{model}/regions",
    "score_variants": "{dataset}/{model}/variants",
    "report": "{dataset}",
}
"""Stage → its folder below the results."""

FILES: dict[str, tuple[str, ...]] = {
    "simulate": ("bundle.tar.gz", TARGETS, TRUTH, "motifs.meme"),
    "fetch": ("{file}",),
    "unpack": (*(f"{split}.mat" for split in SPLITS), ARCHIVE_DIGEST),
    "convert": ("{split}.h5",),
    "tile": tuple(f"{split}.h5" for split in SPLITS),
    "tile_genome_wide": (GENOME_WIDE,),
    "describe": (SUMMARY, TARGETS),
    "train": (
        *(f"training/{name}" for name in (METRICS_LOG, LAYERS_LOG)),
        *(f"model/{name}" for name in LOADED_FILES),
    ),
    "plot_training": (),
    "ensemble": tuple(f"model/{name}" for name in LOADED_FILES),
    "predict": (PREDICTIONS,),
    "baseline": (TARGETS, *(f"replicates/{name}.h5" for name in BASELINES)),
    "evaluate": (TARGETS, SUMMARY, REPLICATES),
    "predict_genome_wide": (PREDICTIONS,),
    "evaluate_genome_wide": (TARGETS, SUMMARY),
    "compare": (TARGETS, RANKING, PAIRS, SUMMARY),
    "sweep": ("runs.tsv", "models.tsv"),
    "explain": (TARGETS, SUMMARY, FAITHFULNESS, "curves.tsv", MAPS),
    "motifs": (PATTERNS, PATTERNS_MEME, SUMMARY),
    "predict_regions": ("{name}.json",),
    "score_variants": ("{name}.json",),
    "report": (REPORT,),
}
"""Stage → its files, in the order in which the stage writes them; below its folder."""

_UNREAD_MODEL_FILES = tuple(f"model/{name}" for name in MODEL_FILES if name not in LOADED_FILES)
UNREAD_FILES = {
    "train": (*(f"training/{name}" for name in CHECKPOINTS), *_UNREAD_MODEL_FILES),
    "ensemble": _UNREAD_MODEL_FILES,
}
"""Stage → files that it also writes and that no stage reads: if one is deleted, nothing runs again.
"""

FIGURES: dict[str, tuple[str, ...]] = {
    "describe": (
        "positives_per_target",
        "labels_per_row",
        "base_composition",
        "gc_content",
        "prevalence_by_split",
    ),
    "plot_training": ("learning_curve", "layers"),
    "evaluate": (
        "metrics_by_group",
        "auprc_by_prevalence",
        "curves",
        "calibration",
        "cooccurrence",
    ),
    "evaluate_genome_wide": ("genome_wide_auprc", "genome_wide_gain"),
    "compare": ("ranking", "versus"),
    "sweep": ("sweep",),
}
"""Stage → its figures, each in all `FORMATS`, in the order in which the stage draws them.

Their captions are in `noncoding.report.captions`.
"""

DIRECTORIES = {
    "explain": (FIGURE_FOLDER, TRACKS),
    "motifs": (FIGURE_FOLDER,),
    "score_variants": ("{name}",),
}
"""Stage → folders of files whose number depends on the targets or variants."""

GENOME_WIDE_STAGES = ("tile_genome_wide", "predict_genome_wide", "evaluate_genome_wide")
"""Stages that run only if ``evaluate.genome_wide`` is true, on data sets of a genome."""

APPLIED: dict[str, dict[str, tuple[str, ...]]] = {
    "predict_regions": {"tsv.gz": (".tsv.gz",), "h5": (".h5",), "bigwig": ("",)},
    "score_variants": {
        "tsv.gz": (".tsv.gz",),
        "h5": (".h5",),
        "vcf.gz": (".vcf.gz", ".vcf.gz.tbi"),
    },
}
"""Stage that applies a model → format of an entry of ``apply`` → suffixes of its main output, which
follow its name; the folder of bigWig files has none."""


def files(stage: str, folder: str | os.PathLike[str]) -> list[Path]:
    """Files of a stage in a given folder, in the order of `FILES`, then its `DIRECTORIES`."""
    return [Path(folder, name) for name in (*FILES[stage], *DIRECTORIES.get(stage, ()))]


def figures(stage: str, folder: str | os.PathLike[str]) -> list[list[Path]]:
    """Files of each figure of a stage in a given folder, one for each of `FORMATS`."""
    return [
        [Path(folder, FIGURE_FOLDER, f"{name}.{suffix}") for suffix in FORMATS]
        for name in FIGURES.get(stage, ())
    ]


def outputs(stage: str) -> list[str]:
    """All outputs of a stage below the results, with wildcards."""
    folder = FOLDERS[stage]
    plotted = [path for paths in figures(stage, folder) for path in paths]
    return [path.as_posix() for path in (*files(stage, folder), *plotted)]


def log(stage: str) -> str:
    """The log of a stage below the results, with wildcards."""
    folder = FOLDERS[stage]
    for lowest in ("{model}", "{dataset}", "sweep"):
        if lowest in folder:
            folder = folder[: folder.index(lowest) + len(lowest)]
            break
    job = {"fetch": "fetch/{file}", "convert": "convert/{split}"}.get(stage, stage)
    if stage in APPLIED:
        job = f"{stage}/{{name}}"
    return f"{folder}/logs/{job}.log"


def benchmark(stage: str) -> str:
    """The run time of a job of a stage below the results, with wildcards."""
    return f"{log(stage).removesuffix('.log')}.benchmark.tsv"
