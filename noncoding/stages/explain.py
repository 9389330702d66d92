"""Stage ``explain``: attributions for selected targets, and their validation."""

import logging
import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from noncoding.attribution.checks.deletion_insertion import of_other_sequences
from noncoding.attribution.checks.faithfulness import check_target
from noncoding.attribution.checks.figure import draw_faithfulness
from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.checks.planted_motifs import planted_sites, truth_metrics
from noncoding.attribution.checks.table import Check, faithfulness_table
from noncoding.attribution.figures import draw_sequence, draw_summary
from noncoding.attribution.gradcam import layer_of
from noncoding.attribution.methods import METHODS, applicable_methods, attribute
from noncoding.attribution.output import NO_TRACKS, file_stem, write_maps, write_tracks
from noncoding.attribution.receptive_field import Resolution, layer_resolution
from noncoding.attribution.selection import select_targets
from noncoding.attribution.sequences import Sequences, given_sequences, true_positives
from noncoding.attribution.target_attributions import Interval, TargetAttributions, share_in_bin
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, atomic_write, write_json
from noncoding.common.hdf5 import new_hdf5
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets, distinct_names, read_targets
from noncoding.layout import FORMATS, files
from noncoding.models.export import load_model
from noncoding.models.network import Network
from noncoding.motifs.meme import read_motifs
from noncoding.prediction.inference import device, strand_averaged
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.explain import ExplainSettings

log = logging.getLogger(__name__)

POSITIVES = "positives"
"""Value of ``sequences`` for the best-predicted true positives of each target."""
_N_MEASURED = 8
"""Sequences on which the resolution of the layer is measured."""


def explain(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    predictions: str | os.PathLike[str],
    metrics: str | os.PathLike[str],
    baseline: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    settings: ExplainSettings,
    *,
    truth: str | os.PathLike[str] | None = None,
    motifs: str | os.PathLike[str] | None = None,
) -> None:
    """Compute, check and draw the attributions of selected targets.

    Parameters
    ----------
    model, folder : path
        Folders of an exported model and of the outputs, see `noncoding.layout`.
    store, predictions, metrics, baseline : path
        The test split, its predictions, and ``targets.tsv`` of the evaluation and of the
        baselines, which has the known motif of each target.
    settings : ExplainSettings
    truth, motifs : path, optional
        Planted sites of a simulation, and a MEME file of known motifs.

    Raises
    ------
    InputError
        Nothing can be explained, or a file does not fit. Problems with single targets or
        sequences are logged and listed in the summary under ``problems``.
    """
    trained = load_model(model)
    network = trained.moved_to(device()).requires_grad_(False)
    table, baselines = read_targets(metrics), read_targets(baseline)
    names, motif_names = distinct_names(table), baselines["motif"].fillna("")
    matrices = read_motifs(motifs) if motifs else {}
    selected, problems = select_targets(table, settings)
    n_checked = max(settings.n_checked, settings.n_plotted)
    n_sequences = max(settings.n_sequences, n_checked)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    curves: list[pd.DataFrame] = []
    *finals, figures_final, tracks_final = files("explain", folder)
    with Store(store) as split:
        trained.check_fits(split)
        for path, of in ((metrics, table), (baseline, baselines)):
            remedy = "Run the stages 'baseline' and 'evaluate' again."
            check_same_targets(path, of, split.targets, "the test split", remedy)
        labels = split.labels(slice(split.loci_count))
        probabilities = read_predictions(predictions, split)
        given: Sequences | None = None
        if settings.sequences != POSITIVES:
            given, omitted = given_sequences(settings.sequences, split)
            problems += omitted
        methods, layer_name, omitted = applicable_methods(network, settings.methods, settings.layer)
        problems += omitted
        layer = layer_of(network, layer_name) if layer_name else None
        resolution: Resolution | None = None
        with (
            atomic_folders(figures_final, tracks_final) as [figures, tracks],
            atomic_write(*finals) as [targets_path, summary_path, checks_path, curves_path, maps],
            new_hdf5(maps) as file,
        ):
            file.attrs.update(layer=layer_name, length=split.length)
            for index in selected:
                entry = table.loc[index, ["index", "name", "group", "auroc", "auprc"]].to_dict()
                rows.append(entry | {"name": names[index], "loci": 0})
                own_labels, own_probabilities = labels[:, index], probabilities[:, index]
                sequences, omitted = given, []
                if sequences is None:
                    sequences, omitted = true_positives(
                        split, own_labels, own_probabilities, n_sequences
                    )
                problems += omitted
                one_hot = sequences.one_hot
                if not len(one_hot):
                    problems.append(f"{names[index]} has no positive test locus and is omitted.")
                    continue
                if layer is not None and resolution is None:
                    resolution = layer_resolution(network, layer, one_hot[:_N_MEASURED])
                known = _known_values(sequences, own_labels, own_probabilities, network, index)
                sites: list[list[Interval]] = [[] for _ in one_hot]
                if truth is not None and "locus" in sequences.table:
                    planted = split.targets.loc[index, "motifs"]
                    sites = planted_sites(truth, planted, sequences.table["locus"].to_numpy())
                motif = motif_names[index] if motif_names[index] in matrices else ""
                target = TargetAttributions(
                    index,
                    names[index],
                    split.length,
                    split.bin,
                    sequences,
                    *known,
                    maps=attribute(methods, network, layer, one_hot, index, n_slow=n_checked),
                    resolution=resolution,
                    sites=sites,
                    hits=motif_hits(one_hot, matrices[motif]) if motif else [[] for _ in one_hot],
                    motif=motif,
                )
                rows[-1] |= _summary_row(target)
                write_maps(file.create_group(str(index)), target, layer_name)
                write_tracks(tracks, target)
                checked, curve, undefined = check_target(target, network, layer_name, n_checked)
                checks += checked
                curves.append(curve)
                problems += undefined
                stem = figures / file_stem(index, target.name)
                draw_summary(target, *_figure_files(stem))
                for number in range(min(settings.n_plotted, len(one_hot))):
                    draw_sequence(target, number, *_figure_files(f"{stem}-{number + 1}"))
                log.info("%s: %d sequences", target.name, len(one_hot))
            if not curves:
                raise InputError(
                    "configuration, key explain",
                    f"nothing that can be explained ({' '.join(problems)})",
                    "at least one target and one sequence",
                    "Correct the entries named above.",
                )
            for problem in problems:
                log.warning("%s", problem)
            if not any(tracks.iterdir()):
                (tracks / "README.txt").write_text(NO_TRACKS, encoding="utf-8")
            checked_table, curve_table = faithfulness_table(checks), pd.concat(curves)
            draw_faithfulness(checked_table, curve_table, *_figure_files(figures / "faithfulness"))
            pd.DataFrame(rows).to_csv(targets_path, sep="\t", index=False)
            for of, path in ((checked_table, checks_path), (curve_table, curves_path)):
                of.to_csv(path, sep="\t", index=False, float_format="%.6g")
            summary = {
                "methods": {name: METHODS[name].title for name in methods},
                "first": METHODS[methods[0]].title,
                "layer": layer_name,
                "targets": len(rows),
                "without_positives": [row["name"] for row in rows if not row["loci"]],
                "problems": problems,
                "loci": sum(row["loci"] for row in rows),
                "checked": n_checked,
                "drawn": settings.n_plotted,
                "truth_auroc": _mean(rows, "truth_auroc"),
                "truth_auroc_position_matched": _mean(rows, "truth_auroc_position_matched"),
                "resolution_bp": resolution.grid.step if resolution else None,
                "receptive_field_bp": resolution.receptive_field if resolution else None,
                "versions": versions(),
            }
            write_json(summary, summary_path)
            truth = summary["truth_auroc"]
            log.log(
                RESULT,
                "%s, %s, %s%s",
                summary["first"],
                counted(summary["targets"], "target"),
                counted(summary["loci"], "sequence"),
                "" if truth is None else f"; AUROC of planted bases {truth:.3f}",
            )


def _known_values(
    sequences: Sequences,
    labels: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    network: Network,
    target: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels and probabilities of sequences, given those of the store, each shape=(n,).

    Sequences that are not in the store have the label NaN.
    """
    if "locus" in sequences.table:
        loci = sequences.table["locus"].to_numpy()
        return labels[loci].astype(np.float32), probabilities[loci]
    found = [
        strand_averaged(network, batch.to(device()).float())[:, target].cpu().numpy()
        for batch in torch.from_numpy(sequences.one_hot).split(64)
    ]
    return np.full(len(sequences.one_hot), np.nan, np.float32), np.concatenate(found)


def _summary_row(target: TargetAttributions) -> dict[str, Any]:
    """Columns of ``targets.tsv`` about the maps of the first method."""
    bases = next(iter(target.maps.values()))
    sites = target.sites[: len(bases)]
    truth, matched = np.nan, np.nan
    if any(sites):
        truth = float(np.nanmean(truth_metrics(bases, sites)[0]))
        if len(bases) > 1:
            matched = float(np.nanmean(truth_metrics(of_other_sequences(bases), sites)[0]))
    return {
        "loci": len(target.labels),
        "mean_probability": float(target.probabilities.mean()),
        "share_in_bin": share_in_bin(np.maximum(bases, 0), target.bin),
        "truth_auroc": truth,
        "truth_auroc_position_matched": matched,
        "known_motif": target.motif,
        "figure": file_stem(target.index, target.name),
    }


def _mean(rows: list[dict[str, Any]], column: str) -> float | None:
    """Mean over the targets with a value."""
    values = [row[column] for row in rows if not np.isnan(row.get(column, np.nan))]
    return float(np.mean(values)) if values else None


def _figure_files(stem: str | os.PathLike[str]) -> list[str]:
    return [f"{os.fspath(stem)}.{suffix}" for suffix in FORMATS]
