"""Faithfulness of maps: checks of all methods on the same sequences."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import nn

from noncoding.attribution.checks.deletion_insertion import (
    Curves,
    curve_table,
    of_other_sequences,
    perturbation_curves,
)
from noncoding.attribution.checks.model_randomisation import parts, randomised, rank_correlations
from noncoding.attribution.checks.motif_enrichment import match_shares, window_matches
from noncoding.attribution.checks.planted_motifs import peak_distances, truth_metrics
from noncoding.attribution.checks.table import (
    ALL_LOCI,
    ENRICHMENT,
    IN_MATCHED,
    IN_STRONGEST,
    MATCHED,
    RANDOMISED,
    Check,
    bootstrap,
    interval,
    n_replicates,
    ratio,
)
from noncoding.attribution.gradcam import layer_of
from noncoding.attribution.gradients import shuffled
from noncoding.attribution.in_silico_mutagenesis import base_effects
from noncoding.attribution.methods import METHODS, LayerMethod, attribute
from noncoding.attribution.sequences import Sequences
from noncoding.attribution.strands import logits
from noncoding.attribution.target_attributions import TargetAttributions
from noncoding.models.network import Network

_WITH_REFERENCES = ("integrated_gradients", "deeplift_shap")
_N_RANDOMISED = 3
"""Sequences per target in the model-randomisation test."""


def check_target(
    target: TargetAttributions, network: Network, layer: str, n_checked: int
) -> tuple[list[Check], pd.DataFrame, list[str]]:
    """All checks of the first sequences of a target.

    Returns
    -------
    checks : list of Check
    curves : pandas.DataFrame
        See `curve_table`.
    problems : list of str
    """
    maps = {name: values[:n_checked] for name, values in target.maps.items()}
    one_hot, loci = target.sequences
    first = replace(target, sequences=Sequences(one_hot[:n_checked], loci[:n_checked]), maps=maps)
    longer = {name: values for name, values in target.maps.items() if len(values) > n_checked}
    curves = perturbation_curves(network, first.sequences.one_hot, maps, target.index)
    checks = [
        *planted_checks(first),
        *motif_checks(first),
        *motif_checks(replace(target, maps=longer), ALL_LOCI),
        *perturbation_checks(first, curves),
        *agreement_checks(first),
        *completeness_checks(first, network),
        *randomisation_checks(first, network, layer),
    ]
    table = curve_table(curves, target.index, target.name)
    return checks, table, undefined_enrichment(target, checks)


def planted_checks(target: TargetAttributions) -> Iterator[Check]:
    """Per-base AUROC and AUPR of planted sites, and distance of the peak to the nearest site."""
    for method, bases in target.maps.items():
        sites = target.sites[: len(bases)]
        if not any(sites):
            continue
        controls = {"": bases} | ({MATCHED: of_other_sequences(bases)} if len(bases) > 1 else {})
        for suffix, maps in controls.items():
            auroc, auprc = truth_metrics(maps, sites)
            yield _row(target, method, f"planted AUROC{suffix}", auroc)
            yield _row(target, method, f"planted AUPR{suffix}", auprc)
        distances = peak_distances(bases, sites)
        yield _row(target, method, "peak to planted motif, bp", distances, np.median)


def motif_checks(target: TargetAttributions, suffix: str = "") -> Iterator[Check]:
    """Share of strongest windows that contain the known motif, and its enrichment.

    The controls are position-matched windows: the strongest window of each sequence, placed on
    the other sequences of the target. The bootstrap resamples sequences with their windows and
    controls. The suffix is added to the names of the checks.
    """
    if not target.motif:
        return
    for method, bases in target.maps.items():
        count = len(bases)
        matches = window_matches(bases, target.hits[:count])
        resampled = np.random.default_rng(1).multinomial(
            count, np.full(count, 1 / count), n_replicates(count)
        )
        # The first row is the sample itself.
        draws = np.vstack([np.ones(count, dtype=np.int64), resampled])
        strongest, matched = match_shares(matches, draws)
        with np.errstate(divide="ignore", invalid="ignore"):
            enrichment = strongest / matched if matched[0] > 0 else np.full(len(draws), np.nan)
        for check, values in (
            (IN_STRONGEST, strongest),
            (IN_MATCHED, matched),
            (ENRICHMENT, enrichment),
        ):
            estimate = float(values[0]), *interval(values[1:])
            yield Check(method, f"{check}{suffix}", target.index, target.name, count, *estimate)


def undefined_enrichment(target: TargetAttributions, checks: list[Check]) -> list[str]:
    """A message if the enrichment of a target, given its checks, is undefined for all methods.

    Of several enrichments of a method, the last one counts.
    """
    last = {check.method: check for check in checks if check.check.startswith(ENRICHMENT)}
    undefined = [check for check in last.values() if np.isnan(check.value)]
    if not last or len(undefined) < len(last):
        return []
    if undefined[0].sequences < 2:
        reason = "found 1 sequence; expected at least 2, to compare windows between sequences"
    else:
        methods = ", ".join(METHODS[check.method].title for check in undefined)
        reason = f"found no match at the same positions of other sequences ({methods})"
    return [f"{target.name}: enrichment of {target.motif} is not defined: {reason}."]


def perturbation_checks(target: TargetAttributions, curves: Curves) -> Iterator[Check]:
    """Effect of deletion and insertion of the strongest bases, beyond a random order."""
    for method in target.maps:
        for suffix in ("", MATCHED):
            if f"{method}{suffix}" in curves.deletion:
                lost, gained = curves.gains(f"{method}{suffix}")
                yield _row(target, method, f"deletion, beyond random{suffix}", lost)
                yield _row(target, method, f"insertion, beyond random{suffix}", gained)


def agreement_checks(target: TargetAttributions) -> Iterator[Check]:
    """Rank correlation of each map with in-silico mutagenesis.

    All maps are summed over the bases of each position of the layer, so that methods of
    different resolution are comparable.
    """
    if "mutagenesis" not in target.maps:
        return
    reference = _by_position(target, target.maps["mutagenesis"])
    check = "rank correlation with mutagenesis"
    for method, maps in target.maps.items():
        if method == "mutagenesis":
            continue
        own = _by_position(target, maps)
        yield _row(target, method, check, rank_correlations(own, reference))
        if len(own) > 1:
            others = of_other_sequences(own)
            yield _row(target, method, f"{check}{MATCHED}", rank_correlations(others, reference))


def completeness_checks(target: TargetAttributions, network: nn.Module) -> Iterator[Check]:
    """Sum of the contributions over the difference of logits that they should sum to."""
    methods = [method for method in _WITH_REFERENCES if method in target.maps]
    if not methods:
        return
    one_hot = target.sequences.one_hot
    references = shuffled(one_hot).numpy()
    baseline = logits(network, references.reshape(-1, *one_hot.shape[1:]), target.index)
    difference = logits(network, one_hot, target.index) - baseline.reshape(len(one_hot), -1).mean(
        axis=1
    )
    for method in methods:
        pairs = np.stack([target.maps[method].sum(axis=1), difference], axis=1)
        yield _row(target, method, "completeness", pairs.astype(np.float64), ratio)


def randomisation_checks(
    target: TargetAttributions, network: Network, layer: str
) -> Iterator[Check]:
    """Rank correlation of each map with that of a network with permuted weights.

    Maps are computed for each part of the network, from the logits to the bases. In-silico
    mutagenesis is limited to the central bin of one sequence, and to the first part and all
    parts.
    """
    others = [method for method in target.maps if method != "mutagenesis"]
    every = parts(network)
    one_hot = target.sequences.one_hot[:_N_RANDOMISED]
    start = (target.length - target.bin) // 2
    end = start + target.bin
    for part, permuted in randomised(network):
        module = layer_of(permuted, layer) if layer else None
        for method, maps in attribute(others, permuted, module, one_hot, target.index).items():
            own = target.maps[method][: len(one_hot)]
            if isinstance(METHODS[method], LayerMethod):
                # Bases outside all positions of the layer have no value.
                own, maps = _by_position(target, own), _by_position(target, maps)
            yield _row(target, method, f"{RANDOMISED}{part}", rank_correlations(own, maps))
        if "mutagenesis" in target.maps and part in (every[0], every[-1]):
            effects = base_effects(permuted, one_hot[:1], target.index, start, end)
            maps = (effects * one_hot[:1, :, start:end]).sum(axis=1)
            found = rank_correlations(target.maps["mutagenesis"][:1, start:end], maps)
            yield _row(target, "mutagenesis", f"{RANDOMISED}{part}", found)


def _by_position(
    target: TargetAttributions, maps: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
    """Maps summed over the bases of each position of the layer; unchanged without a layer."""
    if target.resolution is None:
        return maps
    grid = target.resolution.grid
    place = grid.nearest(target.length).numpy()
    return maps @ (place[:, None] == np.arange(grid.positions)).astype(maps.dtype)


def _row(
    target: TargetAttributions,
    method: str,
    check: str,
    values: npt.NDArray[np.floating],
    statistic: Callable[..., Any] = np.mean,
) -> Check:
    """A check whose value is a statistic of one value, or pair, per sequence."""
    known = values[~np.isnan(values)] if values.ndim == 1 else values
    estimate = bootstrap(known, statistic)
    return Check(method, check, target.index, target.name, len(known), *estimate)
