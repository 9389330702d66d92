"""The driver: chosen targets and sequences, maps, checks, figures and a summary."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noncoding.attribution import maps
from noncoding.attribution.checks import faithfulness
from noncoding.attribution.checks.deletion_insertion import of_other_sequences
from noncoding.attribution.checks.figure import draw_faithfulness
from noncoding.attribution.checks.planted_motifs import truth_metrics
from noncoding.attribution.explainer import Explainer, Settings
from noncoding.attribution.figures import draw_sequence, draw_summary
from noncoding.attribution.methods import METHODS
from noncoding.attribution.selection import chosen_targets
from noncoding.attribution.target_attributions import TargetAttributions, share_in_bin
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, atomic_write
from noncoding.common.hdf5 import new_hdf5
from noncoding.common.provenance import versions
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets, distinct_names, read_targets
from noncoding.models import load_model
from noncoding.motifs.meme import read_motifs
from noncoding.prediction.predictions import read_predictions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExplanationOutputs:
    """What an explanation leaves behind.

    Attributes
    ----------
    targets : Path
        Table, a row a target.
    summary : Path
        JSON.
    maps : Path
        HDF5, a group a target, see `noncoding.attribution.maps.keep_maps`.
    faithfulness : Path
        Table of checks, see `noncoding.attribution.checks.faithfulness`.
    curves : Path
        Table of deletion and insertion: index, target, order, kind, share (of the bases),
        logit, and worth (logit as a share of what the whole sequences are worth, from 0 to 1).
    figures : Path
        Folder: of each target a summary and the drawn sequences, and ``faithfulness``,
        an SVG and a PNG each.
    tracks : Path
        Folder of bedGraph files, a target and method each.
    """

    targets: Path
    summary: Path
    maps: Path
    faithfulness: Path
    curves: Path
    figures: Path
    tracks: Path


def explain(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    predictions: str | os.PathLike[str],
    metrics: str | os.PathLike[str],
    baseline: str | os.PathLike[str],
    outputs: ExplanationOutputs,
    settings: Settings,
    *,
    truth: str | os.PathLike[str] | None = None,
    motifs: str | os.PathLike[str] | None = None,
) -> None:
    """Explain sequences for chosen targets, and check how far the maps can be believed.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store, predictions, metrics : path
        The test split, its predictions, and the evaluation's ``targets.tsv``.
    baseline : path
        The baselines' ``targets.tsv``, which names the motif of each target.
    outputs : ExplanationOutputs
    settings : Settings
    truth : path, optional
        What a simulation has planted.
    motifs : path, optional
        MEME file.

    Raises
    ------
    InputError
        Nothing that is asked for can be explained, or a file does not fit. What is
        wrong with a part of it is logged and stands in the summary under ``problems``,
        and the rest is explained.
    """
    trained = load_model(model)
    table, baselines = read_targets(metrics), read_targets(baseline)
    chosen, problems = chosen_targets(table, settings)
    names = distinct_names(table)
    with Store(store) as split:
        trained.check_fits(split)
        for path, of in ((metrics, table), (baseline, baselines)):
            remedy = "Run the stages 'baseline' and 'evaluate' again."
            check_same_targets(path, of, split.targets, "the test split", remedy)
        explainer = Explainer(
            trained,
            split,
            read_predictions(predictions, split),
            settings,
            truth,
            list(baselines["motif"].fillna("")),
            read_motifs(motifs) if motifs else {},
        )
        problems += explainer.problems
        rows, checks, curves = [], [], []
        with (
            atomic_folders(outputs.figures, outputs.tracks) as [figures, tracks],
            atomic_write(
                outputs.maps,
                outputs.targets,
                outputs.summary,
                outputs.faithfulness,
                outputs.curves,
            ) as [maps_part, targets_part, summary_part, faithfulness_part, curves_part],
            new_hdf5(maps_part) as file,
        ):
            file.attrs.update(layer=explainer.layer_name, length=split.length)
            for index in chosen:
                explained, found = explainer.explain(index)
                problems += found
                rows.append(_row(table.assign(name=names), index, explained))
                if explained is None:
                    continue
                group = file.create_group(str(index))
                maps.keep_maps(group, explained, explainer.layer_name)
                maps.write_tracks(tracks, explained)
                own, curve, found = explainer.check(explained)
                problems += found
                checks += own
                curves.append(curve)
                _draw(figures, explained, settings.n_plotted)
                log.info("%s: %d sequences", explained.name, len(explained.labels))
            if not curves:
                raise InputError(
                    "configuration, key explain",
                    f"nothing that can be explained ({' '.join(problems)})",
                    "at least one target and one sequence",
                    "Correct what is named above.",
                )
            for problem in problems:
                log.warning("%s", problem)
            if not any(tracks.iterdir()):
                (tracks / "README.txt").write_text(maps.NO_TRACKS, encoding="utf-8")
            checked, curve_table = faithfulness.faithfulness_table(checks), pd.concat(curves)
            stem = figures / "faithfulness"
            draw_faithfulness(checked, curve_table, f"{stem}.svg", f"{stem}.png")
            pd.DataFrame(rows).to_csv(targets_part, sep="\t", index=False)
            checked.to_csv(faithfulness_part, sep="\t", index=False, float_format="%.6g")
            curve_table.to_csv(curves_part, sep="\t", index=False, float_format="%.6g")
            summary = _summary(rows, explainer, settings, problems)
            summary_part.write_text(json.dumps(summary, indent=2), encoding="utf-8")


def _draw(folder: Path, explained: TargetAttributions, drawn: int) -> None:
    stem = folder / maps.file_stem(explained.index, explained.name)
    draw_summary(explained, f"{stem}.svg", f"{stem}.png")
    for number in range(min(drawn, len(explained.labels))):
        draw_sequence(explained, number, f"{stem}-{number + 1}.svg", f"{stem}-{number + 1}.png")


def _row(table: pd.DataFrame, index: int, explained: TargetAttributions | None) -> dict[str, Any]:
    entry = table.set_index("index").loc[index]
    row = {
        "index": index,
        "name": entry["name"],
        "group": entry["group"],
        "auroc": entry["auroc"],
        "auprc": entry["auprc"],
        "loci": 0,
    }
    if explained is None:
        return row
    bases = explained.maps[next(iter(explained.maps))]
    truth, matched = np.nan, np.nan
    sites = explained.sites[: len(bases)]
    if any(sites):
        truth = float(np.nanmean(truth_metrics(bases, sites)[0]))
        if len(bases) > 1:
            matched = float(np.nanmean(truth_metrics(of_other_sequences(bases), sites)[0]))
    return row | {
        "loci": len(explained.labels),
        "mean_probability": float(explained.probabilities.mean()),
        "share_in_bin": share_in_bin(np.maximum(bases, 0), explained.bin),
        "truth_auroc": truth,
        "truth_auroc_position_matched": matched,
        "known_motif": explained.motif,
        "figure": maps.file_stem(index, explained.name),
    }


def _summary(
    rows: Sequence[dict[str, Any]], explainer: Explainer, settings: Settings, problems: list[str]
) -> dict[str, Any]:
    measured = explainer.resolution
    first = METHODS[explainer.methods[0]].title
    return {
        "methods": {name: METHODS[name].title for name in explainer.methods},
        "first": first,
        "layer": explainer.layer_name,
        "targets": len(rows),
        "without_positives": [row["name"] for row in rows if not row["loci"]],
        "problems": problems,
        "loci": sum(row["loci"] for row in rows),
        "checked": explainer.checked,
        "drawn": settings.n_plotted,
        "truth_auroc": _mean(rows, "truth_auroc"),
        "truth_auroc_position_matched": _mean(rows, "truth_auroc_position_matched"),
        "resolution_bp": measured.grid.step if measured else None,
        "receptive_field_bp": measured.receptive_field if measured else None,
        "versions": versions(),
    }


def _mean(rows: Sequence[dict[str, Any]], column: str) -> float | None:
    """Mean over the targets that have a value."""
    values = [row[column] for row in rows if not np.isnan(row.get(column, np.nan))]
    return float(np.mean(values)) if values else None
