"""How far maps can be believed: checks of every method on the same sequences."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import nn

from noncoding.explain.explained import Explained
from noncoding.explain.gradcam import named_layer
from noncoding.explain.gradients import shuffled
from noncoding.explain.known import window_shares
from noncoding.explain.methods import METHODS, LayerMethod, attribute
from noncoding.explain.perturb import Curves
from noncoding.explain.randomise import parts, randomised, rank_correlations
from noncoding.explain.strands import logits
from noncoding.explain.truth import peak_distances, truth_metrics
from noncoding.models.network import Network

COLUMNS = ("method", "check", "target", "sequences", "value", "low", "high")
RANDOMISED = "rank correlation after randomising "
"""What the name of that check begins with; the part follows down to which weights are random."""
REPLICATES = 1000
"""Of the bootstrap."""
IN_STRONGEST = "known motif in strongest window"
IN_RANDOM = "known motif in random window"
ENRICHMENT = "known motif, enrichment"
ALL_LOCI = ", all loci"
"""Ends the name of checks that were made on every sequence that a method has explained."""
_WITH_REFERENCES = ("integrated_gradients", "deeplift_shap")
_RANDOMISED = 3
"""Sequences of a target whose maps are made anew for each randomised part."""
_COSTLY = 1000
"""Forward passes from which on that is done for one sequence only."""

Rows = Iterator[dict[str, Any]]


def planted_checks(target: Explained) -> Rows:
    """Maps against planted bases: AUROC, AUPR, and the distance of the peak."""
    for method in target.maps:
        bases = target.maps[method]
        sites = target.sites[: len(bases)]
        if any(sites):
            auroc, auprc = truth_metrics(bases, sites)
            yield _row(target, method, "planted AUROC", auroc)
            yield _row(target, method, "planted AUPR", auprc)
            distances = peak_distances(bases, sites)
            yield _row(target, method, "peak to planted motif, bp", distances, np.median)


def motif_checks(target: Explained, of: str = "") -> Rows:
    """Share of strongest windows that hold the known motif, against windows at random.

    Parameters
    ----------
    target : Explained
    of : str
        Stands after the name of each check.
    """
    if not target.motif:
        return
    for method in target.maps:
        bases = target.maps[method]
        shares = window_shares(bases, target.hits[: len(bases)])
        yield _row(target, method, f"{IN_STRONGEST}{of}", shares.top)
        yield _row(target, method, f"{IN_RANDOM}{of}", shares.random)
        if shares.random.any():
            pairs = np.stack(shares, axis=1)
            yield _row(target, method, f"{ENRICHMENT}{of}", pairs, _ratio)


def perturbation_checks(target: Explained, curves: Curves) -> Rows:
    """What is lost and won with the strongest bases, beyond a random order."""
    for method in target.maps:
        lost, won = curves.gains(method)
        yield _row(target, method, "deletion, beyond random", lost)
        yield _row(target, method, "insertion, beyond random", won)


def agreement_checks(target: Explained, checked: int) -> Rows:
    """Rank correlation of each map with in-silico mutagenesis, position by position.

    All are summed over the bases of each position of the layer, so that methods of
    either resolution are measured alike.
    """
    if "mutagenesis" not in target.maps:
        return
    reference = _by_position(target, target.maps["mutagenesis"][:checked])
    for method, maps in target.maps.items():
        if method != "mutagenesis":
            found = rank_correlations(_by_position(target, maps[:checked]), reference)
            yield _row(target, method, "rank correlation with mutagenesis", found)


def completeness_checks(target: Explained, network: nn.Module, checked: int) -> Rows:
    """Sum of the contributions over the logit that they ought to add up to."""
    methods = [method for method in _WITH_REFERENCES if method in target.maps]
    if not methods:
        return
    one_hot = target.sequences.one_hot[:checked]
    references = shuffled(one_hot).numpy()
    without = logits(network, references.reshape(-1, *one_hot.shape[1:]), target.index)
    worth = logits(network, one_hot, target.index) - without.reshape(len(one_hot), -1).mean(axis=1)
    for method in methods:
        pairs = np.stack([target.maps[method][:checked].sum(axis=1), worth], axis=1)
        yield _row(target, method, "completeness", pairs.astype(np.float64), _ratio)


def randomisation_checks(target: Explained, network: Network, layer: str, checked: int) -> Rows:
    """Rank correlation of each map with that of a network that forgets part by part.

    A map is made anew for every part, so few sequences are taken, and in-silico
    mutagenesis is made when the first part and when all are random.
    """
    costly = [method for method in target.maps if METHODS[method].passes >= _COSTLY]
    others = [method for method in target.maps if method not in costly]
    every = parts(network)
    for part, forgetful in randomised(network):
        read = named_layer(forgetful, layer) if layer else None
        made = [(others, _RANDOMISED)]
        if part in (every[0], every[-1]):
            made.append((costly, 1))
        for methods, most in made:
            one_hot = target.sequences.one_hot[: min(checked, most)]
            maps = attribute(methods, forgetful, read, one_hot, target.index)
            for method, other in maps.items():
                own = target.maps[method][: len(one_hot)]
                if isinstance(METHODS[method], LayerMethod):
                    # Bases that no position stands for have no value to compare.
                    own, other = _by_position(target, own), _by_position(target, other)
                found = rank_correlations(own, other)
                yield _row(target, method, f"{RANDOMISED}{part}", found)


def faithfulness_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The checks of all targets, and their means over targets (``all``).

    Parameters
    ----------
    rows : list of dict
        `COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; intervals of 95 % by a bootstrap over sequences, for ``all`` over
        targets. Where a mean over targets is not finite, there is none.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    means = []
    for (method, check), part in table.groupby(["method", "check"], sort=False):
        values = part["value"].to_numpy(dtype=np.float64)
        low, high = _interval(values, np.mean)
        mean = {"method": method, "check": check, "target": "all"}
        mean |= {"sequences": part["sequences"].sum(), "value": values.mean()}
        means.append(mean | {"low": low, "high": high})
    return pd.DataFrame([*rows, *means], columns=list(COLUMNS))


def _by_position(target: Explained, maps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Maps summed over the bases of each position of the layer; as they are without one."""
    if target.resolution is None:
        return maps
    grid = target.resolution.grid
    place = grid.nearest(target.length).numpy()
    return maps @ (place[:, None] == np.arange(grid.positions)).astype(maps.dtype)


def _ratio(pairs: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Of sums over an axis, shape=(..., n, 2)."""
    sums = pairs.sum(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[..., 0] / sums[..., 1]


def _row(
    target: Explained,
    method: str,
    check: str,
    values: npt.NDArray[np.floating],
    statistic: Callable[..., Any] = np.mean,
) -> dict[str, Any]:
    known = values[~np.isnan(values)] if values.ndim == 1 else values
    low, high = _interval(known, statistic)
    return {
        "method": method,
        "check": check,
        "target": target.name,
        "sequences": len(known),
        "value": float(statistic(known, axis=0)) if len(known) else float("nan"),
        "low": low,
        "high": high,
    }


def _interval(
    values: npt.NDArray[np.floating], statistic: Callable[..., Any]
) -> tuple[float, float]:
    """95 % interval of a statistic: percentiles of a bootstrap."""
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(1).integers(len(values), size=(REPLICATES, len(values)))
    replicates = statistic(values[drawn], axis=1)
    low, high = np.quantile(replicates[np.isfinite(replicates)], [0.025, 0.975])
    return float(low), float(high)
