"""A small synthetic results tree, as the stages write it."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from noncoding import layout
from noncoding.models.architectures import create_model
from noncoding.models.export import export_model

HOSTILE = "<script>alert('x')</script> & \"q\""
NAMES = ["REB1", HOSTILE, "NA"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>{}</title></svg>'
SIZES = {
    "architecture": "hybrid",
    "resnet": {
        "embedding": 0,
        "stem_channels": 4,
        "stem_kernel": 5,
        "stem_pool": 4,
        "stem_activation": "gelu",
        "stem_both_strands": False,
        "channels": [4],
        "strides": [1],
        "dilations": [1],
        "kernel": 3,
        "widening": 1,
        "groups": 1,
        "dropout": 0.0,
        "squeeze_excitation": 0,
    },
    "sequence": {"kind": "none"},
    "head": {"pooling": "attention", "hidden": 0, "dropout": 0.0, "weight_norm": False},
}
TRAINING = {"epochs": 7, "batch_size": 8, "learning_rate": 0.002}


@dataclass
class Tree:
    """A data set's folder with one model in it; `add_model` adds more, `rank` orders them."""

    root: Path

    @property
    def page(self) -> Path:
        return self.root / "report.html"

    def change(self, name: str, **values: object) -> None:
        """Change values of a JSON file of the results."""
        path = self.root / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    def rank(self, *models: str) -> None:
        _write_comparison(self.root / "compare", list(models))

    def add_model(self, name: str, mean_auprc: float, truth: float | None = None) -> None:
        folder = self.root / name
        _evaluation(folder / "evaluation", mean_auprc)
        _explanation(folder / "explain", truth)
        _motifs(folder / "motifs")
        _figures("plot_training", folder / "training")
        log = pd.DataFrame({"epoch": [None, 0, 1, 2], "valid_auprc": [None, 0.1, 0.2, 0.15]})
        log.to_csv(folder / "training" / "metrics.csv", index=False)
        targets = pd.DataFrame({"index": range(3), "name": NAMES, "group": "TF"})
        record = {
            "dataset": "tiny",
            "model": name,
            "bin": 20,
            "sizes": SIZES,
            "training": TRAINING,
            "seed": 1,
            "motif_start": {
                "kernels": ["MA9.1 REB1", "MA8.2 REB1"],
                "targets": [{"index": 0, "name": "REB1", "motifs": ["MA9.1 REB1", "MA8.2 REB1"]}],
            },
            "validation": {
                "AUPR, mean over targets": 0.20049,
                "AUROC, mean over targets": 0.81951,
                "best epoch": 2,
            },
        }
        export_model(create_model(length=40, targets=3, **SIZES), folder / "model", targets, record)

    def apply(self, model: str = "small") -> list[tuple[str, str, str]]:
        """Apply a model to regions and variants; gives what the stage `report` is told of it."""
        _regions(self.root / model / "regions")
        _variants(self.root / model / "variants")
        return [("predict_regions", "track", model), ("score_variants", "patients", model)]

    def evaluate_genome_wide(self, model: str = "small", *, defined: bool = True) -> None:
        """Metrics on all bins; those on labelled bins may be undefined."""
        folder = self.root / model / "genome_wide"
        _figures("evaluate_genome_wide", folder)
        whole = _of_bins(0.00312, 0.89124, 0.04567, 14.64)
        labelled = _of_bins(0.05123, 0.86543, 0.21234, 4.14)
        if not defined:
            labelled = _of_bins(None, None, None, None)
        averages = {"targets": 3, "averaged": 2, "all_bins": whole, "labelled_bins": labelled}
        summary = {
            "bins": 25678,
            "labelled_bins": 1234,
            "all": averages,
            "groups": {"TF": averages, "DNase": averages | {"averaged": 0}},
        }
        (folder / "summary.json").write_text(json.dumps(summary))


def _of_bins(
    prevalence: float | None, auroc: float | None, auprc: float | None, gain: float | None
):
    return {
        "prevalence": prevalence,
        "auroc": {"mean": auroc, "median": auroc},
        "auprc": {"mean": auprc, "median": auprc},
        "auprc_over_prevalence": gain,
    }


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path / "results" / "tiny")
    data = made.root / "data"
    _figures("describe", data)
    (data / "summary.json").write_text(
        json.dumps({name: _split(rows) for name, rows in (("train", 9000), ("test", 1234))})
    )
    made.add_model("small", mean_auprc=0.34251)
    made.rank("small")
    return made


def _split(rows: int) -> dict[str, Any]:
    return {
        "rows": rows,
        "loci": rows,
        "length": 40,
        "bin": 20,
        "targets": 3,
        "mean_labels_per_locus": 1.239,
        "targets_without_positives": [],
        "source": {
            "urls": {"fasta": "https://example.org/genome.fa.gz", "peaks": "file:///data/me/p.tgz"},
            "fasta_sha256": "c0ffee" * 8,
            "counts": {
                "peak_files": 5,
                "dropped_empty": ["GAL80"],
                "dropped_few_peaks": {"CBF1": 12},
            },
        },
    }


def _write_comparison(folder: Path, models: list[str]) -> None:
    _figures("compare", folder)
    summary = {
        "min_positives": 50,
        "targets": 2,
        "best": models[0],
        "published": "The target table names no published results.",
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    row = {"first": models[0], "second": "GC content", "metric": "auprc", "targets": 2, "wins": 1}
    row |= {"ties": 0, "median_difference": -0.0204, "mean_difference": 0.1149}
    row |= {"low": 0.0104, "high": 0.2194, "p_value": 0.0321}
    scan = {"second": "motif scan", "targets": 1, "mean_difference": 0.0251, "low": -0.1}
    untested = {"second": "DeepSEA (published)", "mean_difference": -0.0302, "low": None}
    untested |= {"high": None, "p_value": None}
    pairs = pd.DataFrame([row, row | scan, row | untested])
    pairs.to_csv(folder / "pairs.tsv", sep="\t", index=False)
    ranks = pd.DataFrame(
        {
            "subset": "",
            "classifier": [*models, "GC content", "DeepSEA (published)"],
            "kind": [*["model"] * len(models), "baseline", "published"],
            "targets": 2,
        }
    )
    for column, value in (("mean_auprc", 0.3137), ("median_auroc", 0.9061)):
        ranks[column], ranks[f"{column}_low"], ranks[f"{column}_high"] = value, value - 0.03, None
    ranks.to_csv(folder / "ranking.tsv", sep="\t", index=False)
    motifs = pd.DataFrame({"index": range(3), "name": NAMES, "motif": ["MA9.1 REB1", None, None]})
    motifs.to_csv(folder / "targets.tsv", sep="\t", index=False)


def _evaluation(folder: Path, mean_auprc: float) -> None:
    _figures("evaluate", folder)
    pd.DataFrame(
        {
            "index": range(3),
            "name": NAMES,
            "group": "TF",
            "cell_type": ["K562", "GM12878", "HepG2"],
            "test_positives": [1000, 40, 0],
            "test_negatives": [234, 1194, 1234],
            "prevalence": [0.81037, 0.0324149, 0.0],
            "auroc": [0.93749, 0.9, None],
            "auroc_low": [0.91234, 0.49, None],
            "auroc_high": [0.95678, 0.98, None],
            "auprc": [0.61249, 0.07, None],
            "auprc_low": [0.5, 0.01, None],
            "auprc_high": [0.7, 0.2, None],
            "auprc_over_prevalence": [0.7558, 2.16, None],
        }
    ).to_csv(folder / "targets.tsv", sep="\t", index=False, na_rep="NaN")
    averages = {
        "targets": 3,
        "averaged": 2,
        "left_out": {
            "number": 1,
            "no_positives": [{"index": 2, "name": "NA"}],
            "no_negatives": [],
        },
        "auroc": {
            "mean": 0.91874,
            "median": 0.91875,
            "prevalence_weighted_mean": None,
            "mean_interval": [0.90011, 0.93099],
        },
        "auprc": {
            "mean": mean_auprc,
            "median": 0.3413,
            "prevalence_weighted_mean": 0.59,
            "mean_interval": None,
        },
        "accuracy": 0.97531,
        "accuracy_if_never_positive": 0.96421,
        "calibration_error": 0.01357,
    }
    summary = {
        "loci": 1234,
        "interval_methods": {"auroc": "block bootstrap", "auprc": "block bootstrap"},
        "min_positives": 50,
        "all": averages,
        "groups": {"TF": averages},
        "with_min_positives": {**averages, "targets": 1, "averaged": 1},
    }
    (folder / "summary.json").write_text(json.dumps(summary))


def _explanation(folder: Path, truth: float | None) -> None:
    figures = folder / "figures"
    figures.mkdir(parents=True)
    faithfulness = figures / "faithfulness.svg"
    faithfulness.write_text(SVG.format(faithfulness))
    for name in ("001-hostile", "001-hostile-1", "001-hostile-2"):
        _png(figures / f"{name}.png")
    pd.DataFrame(
        {
            "index": [1, 2],
            "name": NAMES[1:],
            "group": "TF",
            "auroc": [0.9, None],
            "auprc": [0.07, None],
            "loci": [31, 0],
            "mean_probability": [0.7654, None],
            "share_in_bin": [0.5551, None],
            "truth_auroc": [truth, None],
            "truth_auroc_position_matched": [truth and 0.81234, None],
            "known_motif": ["MA1.1 HOSTILE", None],
            "figure": ["001-hostile", None],
        }
    ).to_csv(folder / "targets.tsv", sep="\t", index=False)
    checks = [] if truth is None else [("planted AUROC", None, "all", 31, 0.91919)]
    for of, sequences, top, matched in (("", 4, 0.5, 0.1), (", all loci", 31, 0.61, 0.061)):
        checks += [
            (f"known motif in strongest window{of}", 1, HOSTILE, sequences, top),
            (f"known motif in position-matched window{of}", 1, HOSTILE, sequences, matched),
            (f"known motif, enrichment{of}", 1, HOSTILE, sequences, top / matched),
        ]
    table = pd.DataFrame(checks, columns=["check", "index", "target", "sequences", "value"])
    table.insert(0, "method", "gradcam")
    table.assign(low=0.9, high=None).to_csv(folder / "faithfulness.tsv", sep="\t", index=False)
    summary = {
        "methods": {"gradcam": "Grad-CAM", "mutagenesis": "In-silico mutagenesis"},
        "first": "Grad-CAM",
        "layer": "resnet.final_norm",
        "targets": 2,
        "without_positives": ["NA"],
        "problems": ["NA has no positive test locus and is not explained."],
        "loci": 31,
        "checked": 4,
        "drawn": 2,
        "truth_auroc": truth,
        "truth_auroc_position_matched": truth and 0.81234,
        "resolution_bp": 8.0,
        "receptive_field_bp": 39,
    }
    (folder / "summary.json").write_text(json.dumps(summary))


def _motifs(folder: Path) -> None:
    (folder / "figures").mkdir(parents=True)
    _png(folder / "figures" / "001-hostile.png")
    row = {"index": 1, "target": HOSTILE, "view": "TF-MoDISco", "pattern": "for 1"}
    row |= {"seqlets": 123, "consensus": "TTACCCGG", "best_match": "MA2.1 OTHER", "q_value": 3e-9}
    row |= {"own_motif": "MA1.1 HOSTILE", "own_q_value": 0.0441}
    others = [row | {"pattern": f"for {number}", "seqlets": 20} for number in (2, 3)]
    layer = row | {"view": "first layer", "pattern": "filter 7", "own_q_value": None}
    pd.DataFrame([row, *others, layer]).to_csv(folder / "patterns.tsv", sep="\t", index=False)
    target = {"index": 1, "name": HOSTILE, "sequences": {"test": 31}, "figure": "001-hostile"}
    summary = {
        "method": "Gradient × input",
        "q_value": 0.05,
        "targets": [target | {"own_motifs": ["MA1.1 HOSTILE"], "recovered": True}],
        "with_motif": 1,
        "recovered": 1,
        "problems": ["NA: found 0 positive loci in all splits; expected at least 20."],
    }
    (folder / "summary.json").write_text(json.dumps(summary))


def _regions(folder: Path) -> None:
    folder.mkdir()
    target = {"index": 1, "name": HOSTILE, "mean": 0.04251, "above_half": 12}
    target |= {"highest": 0.98049, "at": "chr8:1,001-1,020"}
    summary = {"file": "track", "windows": 2200, "n_targets": 2, "targets": [target]}
    (folder / "track.json").write_text(json.dumps(summary))


def _variants(folder: Path) -> None:
    figures = folder / "patients"
    figures.mkdir(parents=True)
    row = {"chrom": "chr8", "pos": 1234567, "id": "rs1", "ref": "A", "alt": "G"}
    row |= {"status": "scored", "target_index": 1, "target": HOSTILE, "logit_difference": -2.3456}
    row |= {"ref_probability": 0.81251, "alt_probability": 0.29351, "background_share": 0.000999}
    row |= {"figure": "001-chr8-1234567-A-G"}
    second = row | {"id": ".", "alt": "ACGTACGTACGTACGTT", "figure": "002-chr8-1234567-A-ACGT"}
    third = row | {"id": ".", "logit_difference": 0.5, "figure": None}
    for each in (row, second):
        _png(figures / f"{each['figure']}.png")
    summary = {
        "file": "patients.vcf.gz",
        "statuses": {"scored": 1200, "scored_padded": 3, "ref_mismatch": 4},
        "background": 1000,
        "strongest": [row, second, third],
        "versions": {"torch": "0.1"},
    }
    (folder / "patients.json").write_text(json.dumps(summary))


def _figures(stage: str, folder: Path) -> None:
    for vector, _ in layout.figures(stage, folder):
        vector.parent.mkdir(parents=True, exist_ok=True)
        vector.write_text(SVG.format(vector))


def _png(path: Path) -> None:
    """An image of one colour, which differs from those of other paths."""
    colour = zlib.crc32(str(path).encode()).to_bytes(4, "big")[:3]
    Image.new("RGB", (4, 3), tuple(colour)).save(path)
