"""The driver: chosen targets, maps, figures and a summary."""

import json
import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import torch

from noncoding.explain.faithfulness import faithfulness_table, planted_checks
from noncoding.explain.figures import (
    ExplainedTarget,
    draw_target,
    share_in_bin,
    strongest_window,
)
from noncoding.explain.gradcam import METHODS, named_layer, strand_averaged_maps
from noncoding.explain.mutagenesis import base_effects
from noncoding.explain.select import best_true_positives, chosen_targets
from noncoding.explain.truth import per_base, planted_sites, truth_metrics
from noncoding.files import written_whole
from noncoding.models import ExportedModel, load_model
from noncoding.predict import device, read_predictions
from noncoding.store import Store

log = logging.getLogger(__name__)

_BATCH = 16


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
        HDF5, a group a target: ``locus`` (row of the test store),
        ``probability``, ``gradcam`` and ``hirescam`` (loci, positions); for the loci drawn,
        ``window_start`` (bp) and ``effect`` (loci, 4, width), see
        `base_effects`; ``chromosome``, ``start``, ``end`` where known.
    faithfulness : Path
        Table of checks, see `noncoding.explain.faithfulness`.
    figures : Path
        Folder, an SVG and a PNG a target.
    """

    targets: Path
    summary: Path
    maps: Path
    faithfulness: Path
    figures: Path


def explain(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    predictions: str | os.PathLike[str],
    metrics: str | os.PathLike[str],
    outputs: ExplanationOutputs,
    *,
    targets: list[str | int],
    best_per_group: int,
    drawn: int,
    loci: int,
    layer: str | None,
    truth: str | os.PathLike[str] | None = None,
) -> None:
    """Explain the best-predicted true positives of chosen targets by Grad-CAM.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store, predictions, metrics : path
        The test split, its predictions, and the evaluation's ``targets.tsv``.
    outputs : ExplanationOutputs
    targets, best_per_group
        See `chosen_targets`.
    drawn, loci : int
        True positives of a target that are drawn, and that are averaged and kept.
    layer : str or None
        Name of a layer; None for the model's own choice.
    truth : path, optional
        What a simulation has planted.

    Raises
    ------
    InputError
        An unknown target or layer, or a model that does not fit the store.
    """
    trained = load_model(model)
    name = layer or trained.network.gradcam_layer
    named_layer(trained.network, name, trained.network.convolutional_part)
    table = pd.read_csv(metrics, sep="\t", keep_default_na=False, na_values=["", "NaN"])
    chosen = chosen_targets(table, targets, best_per_group)
    partial = outputs.figures.with_name(f".partial-{outputs.figures.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    try:
        with (
            Store(store) as split,
            written_whole(outputs.maps, outputs.targets, outputs.summary, outputs.faithfulness) as [
                maps,
                rest,
                summary,
                faithfulness,
            ],
        ):
            trained.check_fits(split)
            with h5py.File(maps, "w") as file:
                file.attrs.update(layer=name, length=split.length, method="Grad-CAM, HiResCAM")
                explainer = _Explainer(
                    trained, name, split, read_predictions(predictions, split), truth
                )
                for index in chosen:
                    explained, found = explainer.explain(index, loci, drawn)
                    row = _row(table, index, explained)
                    rows.append(row)
                    checks += [] if explained is None else planted_checks(explained)
                    if explained is None:
                        log.warning("%s has no positive test locus; not explained", row["name"])
                        continue
                    _keep(file.create_group(str(index)), explained, found)
                    stem = partial / row["figure"]
                    draw_target(explained, stem.with_suffix(".svg"), stem.with_suffix(".png"))
            pd.DataFrame(rows).to_csv(rest, sep="\t", index=False)
            faithfulness_table(checks).to_csv(faithfulness, sep="\t", index=False)
            summary.write_text(json.dumps(_summary(rows, name, trained), indent=2))
        shutil.rmtree(outputs.figures, ignore_errors=True)
        partial.rename(outputs.figures)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class _Explainer:
    """Holds what is the same for all targets."""

    def __init__(
        self,
        trained: ExportedModel,
        layer: str,
        store: Store,
        probabilities: np.ndarray,
        truth: str | os.PathLike[str] | None,
    ) -> None:
        self._network = trained.moved_to(device())
        self._layer = named_layer(self._network, layer)
        self._store = store
        self._labels = store.labels(slice(store.loci_count))
        self._loci = store.loci()
        self._probabilities = probabilities
        self._truth = truth

    def explain(
        self, target: int, count: int, drawn: int
    ) -> tuple[ExplainedTarget | None, pd.DataFrame]:
        """Attribution of a target's best-predicted true positives, and where they are."""
        ranked = best_true_positives(
            self._labels[:, target], self._probabilities[:, target], count, self._loci
        )
        places = pd.DataFrame({"locus": ranked})
        if not len(ranked):
            return None, places
        if self._loci is not None:
            known = self._loci.iloc[ranked].reset_index(drop=True)
            places = pd.concat([places, known], axis=1)
        # The store gives rows in rising order only.
        order = np.argsort(ranked)
        sequences = np.empty((len(ranked), 4, self._store.length), dtype=np.uint8)
        sequences[order] = self._store.sequences(ranked[order])
        maps = self._maps(sequences, target)
        sites: list[list[tuple[int, int]]] = [[] for _ in ranked]
        agreement = np.full(len(ranked), np.nan)
        if self._truth is not None:
            motifs = self._store.targets.loc[target, "motifs"]
            sites = planted_sites(self._truth, motifs, ranked)
            agreement = truth_metrics(per_base(maps["gradcam"], self._store.length), sites)[0]
        windows = [strongest_window(one, self._store.length) for one in maps["gradcam"][:drawn]]
        return (
            ExplainedTarget(
                name=str(self._store.targets.loc[target, "name"]),
                length=self._store.length,
                bin=self._store.bin,
                probabilities=self._probabilities[ranked, target],
                places=[_place(row) for row in places.to_dict("records")],
                gradcam=maps["gradcam"],
                hirescam=maps["hirescam"],
                windows=windows,
                effects=[
                    base_effects(self._network, sequence, target, *window)
                    for sequence, window in zip(sequences, windows, strict=False)
                ],
                sites=sites,
                truth_auroc=_mean(agreement),
            ),
            places,
        )

    def _maps(self, sequences: np.ndarray, target: int) -> dict[str, np.ndarray]:
        parts = [
            strand_averaged_maps(self._network, self._layer, batch.to(device()).float(), target)
            for batch in torch.from_numpy(sequences).split(_BATCH)
        ]
        return {
            name: torch.cat([part[name] for part in parts]).float().cpu().numpy()
            for name in METHODS
        }


def _place(row: dict[str, Any]) -> str:
    if "chromosome" in row:
        return f"{row['chromosome']}:{row['start'] + 1:,}–{row['end']:,}"
    return f"test locus {row['locus']}"


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _keep(group: h5py.Group, explained: ExplainedTarget, places: pd.DataFrame) -> None:
    group.attrs["name"] = explained.name
    group["probability"] = explained.probabilities
    group["gradcam"] = explained.gradcam
    group["hirescam"] = explained.hirescam
    group["window_start"] = [start for start, _ in explained.windows]
    group["effect"] = np.stack(explained.effects)
    for column in places:
        values = places[column]
        numeric = pd.api.types.is_numeric_dtype(values)
        group[str(column)] = values.to_numpy() if numeric else values.to_numpy(dtype=object)


def _row(table: pd.DataFrame, index: int, explained: ExplainedTarget | None) -> dict[str, Any]:
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
    return row | {
        "loci": len(explained.gradcam),
        "mean_probability": float(explained.probabilities.mean()),
        "share_in_bin": share_in_bin(explained.gradcam, explained.length, explained.bin),
        "truth_auroc": explained.truth_auroc,
        "figure": f"{index:03d}-{re.sub('[^A-Za-z0-9]+', '-', str(entry['name'])).strip('-')}",
    }


def _summary(rows: list[dict[str, Any]], layer: str, trained: ExportedModel) -> dict[str, Any]:
    agreement = _mean(np.array([row.get("truth_auroc", np.nan) for row in rows], dtype=float))
    return {
        "method": "Grad-CAM (Selvaraju et al. 2017), both strands averaged",
        "layer": layer,
        "targets": len(rows),
        "without_positives": [row["name"] for row in rows if not row["loci"]],
        "loci": sum(row["loci"] for row in rows),
        "truth_auroc": None if np.isnan(agreement) else agreement,
        "resolution_bp": trained.network.config.length / _positions_of(trained, layer),
    }


def _positions_of(trained: ExportedModel, layer: str) -> int:
    sizes: list[int] = []
    handle = named_layer(trained.network, layer).register_forward_hook(
        lambda _module, _inputs, output: sizes.append(output.shape[-1])
    )
    with torch.inference_mode():
        trained.network(torch.zeros(1, 4, trained.network.config.length, device=device()))
    handle.remove()
    return sizes[0]
