"""Sequences of a target, explained and checked."""

import logging
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from noncoding.attribution import sequences
from noncoding.attribution.checks import faithfulness
from noncoding.attribution.checks.deletion_insertion import Curves, perturbation_curves
from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.checks.names import ALL_LOCI
from noncoding.attribution.checks.planted_motifs import planted_sites
from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.methods import METHODS, LayerMethod, attribute
from noncoding.attribution.overlap import Windows
from noncoding.attribution.resolution import Resolution, resolution
from noncoding.attribution.selection import TargetSelection, best_true_positives
from noncoding.attribution.target_attributions import TargetAttributions
from noncoding.common.errors import InputError
from noncoding.data.store import Store
from noncoding.data.targets import distinct_names
from noncoding.models import ExportedModel
from noncoding.prediction.inference import device, strand_averaged

log = logging.getLogger(__name__)

POSITIVES = "positives"
"""Value of ``sequences`` for the best-predicted true positives of each target."""
_CHEAP = 3
"""Forward passes up to which a method explains all sequences."""
_MEASURED = 8
"""Sequences on which the layer's resolution is measured."""


@dataclass(frozen=True)
class Settings(TargetSelection):
    """The section ``explain`` of the configuration; see config.yaml.

    Attributes
    ----------
    sequences : str or list
        `POSITIVES`, loci, or the path of a FASTA file.
    methods : list of str
        Keys of `METHODS`.
    layer : str or None
    n_plotted, n_checked, n_sequences : int
    """

    sequences: str | list[str | int]
    methods: list[str]
    layer: str | None
    n_plotted: int
    n_checked: int
    n_sequences: int


class Explainer:
    """Holds what is the same for all targets."""

    def __init__(
        self,
        trained: ExportedModel,
        store: Store,
        probabilities: npt.NDArray[np.float32],
        settings: Settings,
        truth: str | os.PathLike[str] | None,
        motif_names: list[str],
        motifs: dict[str, npt.NDArray[np.float64]],
    ) -> None:
        self._network = trained.moved_to(device())
        self._store = store
        self._probabilities = probabilities
        self._labels = store.labels(slice(store.loci_count))
        self._names = distinct_names(store.targets)
        self._truth = truth
        self._motif_names, self._motifs = motif_names, motifs
        self.problems: list[str] = []
        self._count = max(settings.n_sequences, settings.n_checked, settings.n_plotted)
        self.checked = max(settings.n_checked, settings.n_plotted)
        self._given = self._given_sequences(settings.sequences)
        self.methods = list(settings.methods)
        self.layer_name = settings.layer or self._network.gradcam_layer
        self._layer = None
        try:
            part = self._network.convolutional_part
            self._layer = named_layer(self._network, self.layer_name, part)
            probe = np.zeros((1, 4, store.length), np.uint8)
            attribute(["gradcam"], self._network, self._layer, probe, 0)
        except InputError as error:
            self.problems.append(f"{error} Methods that read a layer are left out.")
            self.methods = [m for m in self.methods if not isinstance(METHODS[m], LayerMethod)]
            self.layer_name, self._layer = "", None
        if not self.methods:
            raise InputError(
                "configuration, key explain.methods",
                f"no method that can be used ({' '.join(self.problems)})",
                "a layer that there is, or a method that reads bases",
                "Set 'layer' to null for the model's own choice.",
            )
        self.resolution: Resolution | None = None

    def _given_sequences(self, wanted: str | list[str | int]) -> sequences.Sequences | None:
        """Sequences that do not depend on the target; None for true positives."""
        if wanted == POSITIVES:
            return None
        if isinstance(wanted, str):
            given, problems = sequences.read_fasta(wanted, self._store.length)
        else:
            rows, problems = sequences.rows_of(wanted, self._store)
            given = sequences.of_store(self._store, rows)
        given, empty = sequences.without_unknown(given)
        self.problems += problems + empty
        windows = Windows()
        apart = sum(windows.add(one) for one in given.one_hot)
        if apart < len(given.one_hot):
            log.warning(
                "explain.sequences: %d of %d sequences overlap another; intervals take them as "
                "independent and are too narrow.",
                len(given.one_hot) - apart,
                len(given.one_hot),
            )
        if not given.places:
            raise InputError(
                "configuration, key explain.sequences",
                f"no sequence that can be explained ({' '.join(self.problems)})",
                f"at least one of {self._store.length:,} bp",
                "Correct what is named above.",
            )
        return given

    def explain(self, target: int) -> tuple[TargetAttributions | None, list[str]]:
        """Maps of a target's sequences, and what could not be explained."""
        name = self._names[target]
        problems: list[str] = []
        given = self._given
        if given is None:
            ranked = best_true_positives(
                self._labels[:, target], self._probabilities[:, target], self._count, self._store
            )
            given, problems = sequences.without_unknown(sequences.of_store(self._store, ranked))
            if not given.places:
                problems.append(f"{name} has no positive test locus and is not explained.")
                return None, problems
        one_hot = given.one_hot
        if self.resolution is None and self._layer is not None:
            self.resolution = resolution(self._network, self._layer, one_hot[:_MEASURED])
        cheap = [name for name in self.methods if METHODS[name].passes <= _CHEAP]
        others = [name for name in self.methods if name not in cheap]
        maps = attribute(cheap, self._network, self._layer, one_hot, target)
        maps |= attribute(others, self._network, self._layer, one_hot[: self.checked], target)
        sites: list[list[tuple[int, int]]] = [[] for _ in one_hot]
        if self._truth is not None and "locus" in given.table:
            planted = self._store.targets.loc[target, "motifs"]
            sites = planted_sites(self._truth, planted, given.table["locus"].to_numpy())
        motif = self._motif_names[target]
        known = self._motifs.get(motif)
        labels, probabilities = self._known_of(given, target)
        return (
            TargetAttributions(
                index=target,
                name=name,
                length=self._store.length,
                bin=self._store.bin,
                sequences=given,
                labels=labels,
                probabilities=probabilities,
                maps={name: maps[name] for name in self.methods},
                resolution=self.resolution,
                sites=sites,
                hits=[[] for _ in one_hot] if known is None else motif_hits(one_hot, known),
                motif=motif if known is not None else "",
            ),
            problems,
        )

    def check(
        self, explained: TargetAttributions
    ) -> tuple[list[dict[str, Any]], pd.DataFrame, list[str]]:
        """Every check of a target, its curves of deletion and insertion, and problems."""
        checked = min(self.checked, len(explained.labels))
        one_hot = explained.sequences.one_hot[:checked]
        own = {name: explained.maps[name][:checked] for name in explained.maps}
        curves = perturbation_curves(self._network, one_hot, own, explained.index)
        first = replace(
            explained, maps={name: maps[:checked] for name, maps in explained.maps.items()}
        )
        whole = {name: maps for name, maps in explained.maps.items() if len(maps) > checked}
        rows = [
            *faithfulness.planted_checks(first),
            *faithfulness.motif_checks(first),
            *faithfulness.motif_checks(replace(explained, maps=whole), ALL_LOCI),
            *faithfulness.perturbation_checks(first, curves),
            *faithfulness.agreement_checks(first, checked),
            *faithfulness.completeness_checks(first, self._network, checked),
            *faithfulness.randomisation_checks(first, self._network, self.layer_name, checked),
        ]
        problems = faithfulness.undefined_enrichment(explained, rows)
        return rows, _curve_rows(explained, curves), problems

    def _known_of(
        self, given: sequences.Sequences, target: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Labels and probabilities of sequences, of the store or not."""
        if "locus" in given.table:
            rows = given.table["locus"].to_numpy()
            return self._labels[rows, target].astype(np.float32), self._probabilities[rows, target]
        found = [
            strand_averaged(self._network, one.to(device()).float())[:, target].cpu().numpy()
            for one in torch.from_numpy(given.one_hot).split(64)
        ]
        return np.full(len(given.one_hot), np.nan, np.float32), np.concatenate(found)


def _curve_rows(explained: TargetAttributions, curves: Curves) -> pd.DataFrame:
    """Means over the sequences of a target."""
    none, whole = curves.none.mean(), curves.whole.mean()
    return pd.DataFrame(
        [
            {
                "index": explained.index,
                "target": explained.name,
                "order": order,
                "kind": kind,
                "share": share,
                "logit": logit,
                "worth": (logit - none) / (whole - none),
            }
            for kind in ("deletion", "insertion")
            for order, curve in getattr(curves, kind).items()
            for share, logit in zip(curves.shares, curve.mean(axis=0), strict=True)
        ]
    )
