"""How far maps can be believed: checks of every method on the same sequences."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import nn

from noncoding.attribution.checks.deletion_insertion import MATCHED, Curves, of_other_sequences
from noncoding.attribution.checks.model_randomisation import parts, randomised, rank_correlations
from noncoding.attribution.checks.motif_enrichment import match_shares, window_matches
from noncoding.attribution.checks.names import ENRICHMENT, IN_MATCHED, IN_STRONGEST
from noncoding.attribution.checks.planted_motifs import peak_distances, truth_metrics
from noncoding.attribution.gradcam import named_layer
from noncoding.attribution.gradients import shuffled
from noncoding.attribution.methods import METHODS, LayerMethod, attribute
from noncoding.attribution.mutagenesis import base_effects
from noncoding.attribution.strands import logits
from noncoding.attribution.target_attributions import TargetAttributions
from noncoding.models.network import Network

COLUMNS = ("method", "check", "index", "target", "sequences", "value", "low", "high")
RANDOMISED = "rank correlation after randomising "
"""What the name of that check begins with; the part follows down to which weights are random."""
REPLICATES = 1000
"""Of the bootstrap."""
_WITH_REFERENCES = ("integrated_gradients", "deeplift_shap")
_RANDOMISED = 3
"""Sequences of a target whose maps are made anew for each randomised part."""

Rows = Iterator[dict[str, Any]]


def planted_checks(target: TargetAttributions) -> Rows:
    """Maps against planted bases: AUROC, AUPR, and the distance of the peak."""
    for method in target.maps:
        bases = target.maps[method]
        sites = target.sites[: len(bases)]
        if any(sites):
            auroc, auprc = truth_metrics(bases, sites)
            yield _row(target, method, "planted AUROC", auroc)
            yield _row(target, method, "planted AUPR", auprc)
            if len(bases) > 1:
                matched = truth_metrics(of_other_sequences(bases), sites)
                yield _row(target, method, f"planted AUROC{MATCHED}", matched[0])
                yield _row(target, method, f"planted AUPR{MATCHED}", matched[1])
            distances = peak_distances(bases, sites)
            yield _row(target, method, "peak to planted motif, bp", distances, np.median)


def motif_checks(target: TargetAttributions, of: str = "") -> Rows:
    """Share of strongest windows that hold the known motif, and its enrichment.

    The control are position-matched windows: each strongest window is laid over the other
    sequences of the target. Intervals are by a bootstrap over sequences, which draws the
    windows and their controls together.

    Parameters
    ----------
    target : TargetAttributions
    of : str
        Stands after the name of each check.
    """
    if not target.motif:
        return
    for method in target.maps:
        bases = target.maps[method]
        count = len(bases)
        matches = window_matches(bases, target.hits[:count])
        equal, size = np.full(count, 1 / count), _replicates(count)
        drawn = np.random.default_rng(1).multinomial(count, equal, size)
        # The first row is the sample itself.
        draws = np.vstack([np.ones(count, dtype=np.int64), drawn])
        strongest, matched = match_shares(matches, draws)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = strongest / matched if matched[0] > 0 else np.full(len(draws), np.nan)
        for check, found in ((IN_STRONGEST, strongest), (IN_MATCHED, matched), (ENRICHMENT, ratio)):
            low, high = _limits(found[1:])
            row = _named(target, method, f"{check}{of}", count)
            yield row | {"value": float(found[0]), "low": low, "high": high}


def undefined_enrichment(target: TargetAttributions, rows: list[dict[str, Any]]) -> list[str]:
    """Why a target has no enrichment with any method, as a sentence; else empty.

    Parameters
    ----------
    target : TargetAttributions
    rows : list of dict
        Its checks; of several enrichments of a method the last counts.
    """
    last = {row["method"]: row for row in rows if row["check"].startswith(ENRICHMENT)}
    without = [row for row in last.values() if np.isnan(row["value"])]
    if not last or len(without) < len(last):
        return []
    if without[0]["sequences"] < 2:
        reason = "found 1 sequence; expected at least 2, since windows are compared between them"
    else:
        methods = ", ".join(METHODS[row["method"]].title for row in without)
        reason = f"found no match at the same positions of other sequences ({methods})"
    return [f"{target.name}: enrichment of {target.motif} is not defined: {reason}."]


def perturbation_checks(target: TargetAttributions, curves: Curves) -> Rows:
    """What is lost and won with the strongest bases, beyond a random order."""
    for method in target.maps:
        for of in ("", MATCHED):
            if f"{method}{of}" in curves.deletion:
                lost, won = curves.gains(f"{method}{of}")
                yield _row(target, method, f"deletion, beyond random{of}", lost)
                yield _row(target, method, f"insertion, beyond random{of}", won)


def agreement_checks(target: TargetAttributions, checked: int) -> Rows:
    """Rank correlation of each map with in-silico mutagenesis, position by position.

    All are summed over the bases of each position of the layer, so that methods of
    either resolution are measured alike.
    """
    if "mutagenesis" not in target.maps:
        return
    reference = _by_position(target, target.maps["mutagenesis"][:checked])
    for method, maps in target.maps.items():
        if method != "mutagenesis":
            own = _by_position(target, maps[:checked])
            check = "rank correlation with mutagenesis"
            yield _row(target, method, check, rank_correlations(own, reference))
            if len(own) > 1:
                others = of_other_sequences(own)
                yield _row(
                    target, method, f"{check}{MATCHED}", rank_correlations(others, reference)
                )


def completeness_checks(target: TargetAttributions, network: nn.Module, checked: int) -> Rows:
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


def randomisation_checks(
    target: TargetAttributions, network: Network, layer: str, checked: int
) -> Rows:
    """Rank correlation of each map with that of a network whose weights are permuted.

    Maps are computed again for each part of the network, from the logits down to the
    bases. In-silico mutagenesis is limited to one sequence and its labelled bin, and to
    the first part and all parts.
    """
    quick = [method for method in target.maps if method != "mutagenesis"]
    every = parts(network)
    given = target.sequences.one_hot
    start = (target.length - target.bin) // 2
    end = start + target.bin
    for part, permuted in randomised(network):
        read = named_layer(permuted, layer) if layer else None
        one_hot = given[: min(checked, _RANDOMISED)]
        for method, other in attribute(quick, permuted, read, one_hot, target.index).items():
            own = target.maps[method][: len(one_hot)]
            if isinstance(METHODS[method], LayerMethod):
                # Bases that no position stands for have no value to compare.
                own, other = _by_position(target, own), _by_position(target, other)
            found = rank_correlations(own, other)
            yield _row(target, method, f"{RANDOMISED}{part}", found)
        if "mutagenesis" in target.maps and part in (every[0], every[-1]):
            effects = base_effects(permuted, given[:1], target.index, start, end)
            other = (effects * given[:1, :, start:end]).sum(axis=1)
            found = rank_correlations(target.maps["mutagenesis"][:1, start:end], other)
            yield _row(target, "mutagenesis", f"{RANDOMISED}{part}", found)


def faithfulness_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The checks of all targets, and their means over targets (``all``).

    Parameters
    ----------
    rows : list of dict
        `COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; 95 % intervals by a bootstrap over sequences, for ``all`` over targets.
        ``all`` has no index, and its enrichment is the ratio of the mean shares.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["index"] = table["index"].astype("Int64")
    parts = dict(iter(table.groupby(["method", "check"], sort=False)))
    means = []
    for (method, check), part in parts.items():
        values = part["value"].to_numpy(dtype=np.float64)
        statistic: Callable[..., Any] = np.mean
        if check.startswith(ENRICHMENT):
            # A ratio of means: that of a target with few matches is far from sure.
            of = check.removeprefix(ENRICHMENT)
            shares = [parts[method, f"{one}{of}"]["value"] for one in (IN_STRONGEST, IN_MATCHED)]
            values, statistic = np.stack(shares, axis=1).astype(np.float64), _ratio
            values = values[~np.isnan(values).any(axis=1)]
        mean = {"method": method, "check": check, "index": pd.NA, "target": "all"}
        mean |= {"sequences": part["sequences"].sum(), **_estimate(values, statistic)}
        means.append(mean)
    everything = [table, pd.DataFrame(means, columns=list(COLUMNS)).astype(table.dtypes)]
    return pd.concat(everything, ignore_index=True)


def _by_position(
    target: TargetAttributions, maps: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
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
    target: TargetAttributions,
    method: str,
    check: str,
    values: npt.NDArray[np.floating],
    statistic: Callable[..., Any] = np.mean,
) -> dict[str, Any]:
    """A check whose value is a statistic of a value, or of a pair, for each sequence."""
    known = values[~np.isnan(values)] if values.ndim == 1 else values
    return _named(target, method, check, len(known)) | _estimate(known, statistic)


def _named(target: TargetAttributions, method: str, check: str, sequences: int) -> dict[str, Any]:
    of = {"index": target.index, "target": target.name}
    return {"method": method, "check": check, **of, "sequences": sequences}


def _estimate(values: npt.NDArray[np.floating], statistic: Callable[..., Any]) -> dict[str, float]:
    """A statistic and its 95 % interval."""
    count = len(values)
    if not count:
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    drawn = np.random.default_rng(1).integers(count, size=(_replicates(count), count))
    low, high = _limits(statistic(values[drawn], axis=1))
    return {"value": float(statistic(values, axis=0)), "low": low, "high": high}


def _replicates(count: int) -> int:
    """A single value has no interval."""
    return REPLICATES if count > 1 else 0


def _limits(replicates: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Their 2.5 and 97.5 % quantiles; the upper one of a ratio may be infinite."""
    known = np.sort(replicates[~np.isnan(replicates)])
    if not len(known):
        return float("nan"), float("nan")
    low, high = (round(share * (len(known) - 1)) for share in (0.025, 0.975))
    return float(known[low]), float(known[high])
