"""Regions of a genome that loci cover, and where those of two data sets overlap."""

from collections.abc import Mapping, Sequence

import bioframe
import numpy as np
import pandas as pd

from noncoding.data.genome.chromosome_names import chromosome_map_for

Regions = Mapping[str, Sequence[Sequence[int]]]
"""Chromosome → its regions: start and end of each, 0-based, half-open, sorted and disjoint."""
MOST_REGIONS = 10_000
"""Regions of a split in a record, so that it is short also for a whole genome."""
_COLUMNS = ("chromosome", "start", "end")


def covered_regions(
    loci: pd.DataFrame, others: pd.DataFrame | None = None, most: int | None = None
) -> dict[str, list[list[int]]]:
    """The regions of loci; gaps between them are closed only if there are too many regions.

    Parameters
    ----------
    loci : pandas.DataFrame
        Columns ``chromosome`` (str), ``start`` and ``end`` (int, bp, 0-based, half-open).
    others : pandas.DataFrame, optional
        Loci of other splits, with the same columns. A gap that holds one of them is closed only
        after all gaps that hold none.
    most : int, optional
        Number of regions above which gaps are closed, the shortest first; each chromosome keeps
        one region. By default, no gap is closed.

    Returns
    -------
    dict
        Chromosome, in the order of its first locus → ``[start, end]`` of each region, sorted; as
        JSON.
    """
    merged = bioframe.merge(loci[[*_COLUMNS]], min_dist=0, cols=_COLUMNS)[[*_COLUMNS]]
    merged = merged.sort_values([*_COLUMNS], ignore_index=True)
    if most is not None and len(merged) > most:
        merged = _joined(merged, others, most)
    regions: dict[str, list[list[int]]] = {name: [] for name in loci["chromosome"].unique()}
    for chromosome, start, end in merged.itertuples(index=False):
        regions[chromosome].append([int(start), int(end)])
    return regions


def _joined(regions: pd.DataFrame, others: pd.DataFrame | None, most: int) -> pd.DataFrame:
    """At most `most` regions, or one per chromosome, that cover the given ones."""
    chromosome, start, end = (regions[name].to_numpy() for name in _COLUMNS)
    # Of the gap after each region but the last of a chromosome.
    after = np.flatnonzero(chromosome[:-1] == chromosome[1:])
    gaps = pd.DataFrame(
        {"chromosome": chromosome[after], "start": end[after], "end": start[after + 1]}
    )
    held = np.zeros(len(gaps), dtype=bool)
    if others is not None and len(others):
        counts = bioframe.count_overlaps(
            gaps, others[[*_COLUMNS]], cols1=_COLUMNS, cols2=_COLUMNS, return_input=False
        )
        held = counts["count"].to_numpy() > 0
    chromosomes = len(regions) - len(gaps)
    ranked = np.lexsort(((gaps["start"] - gaps["end"]).to_numpy(), ~held))
    first = np.ones(len(regions), dtype=bool)
    first[after[ranked[max(0, most - chromosomes) :]] + 1] = False
    firsts = np.flatnonzero(first)
    lasts = np.append(firsts[1:], len(regions)) - 1
    return pd.DataFrame(
        {"chromosome": chromosome[firsts], "start": start[firsts], "end": end[lasts]}
    )


def overlapping_chromosomes(regions: Regions, others: Regions) -> list[str]:
    """Chromosomes of `regions` on which one of them overlaps one of `others`.

    Chromosomes are matched by name, also where the names differ in ``chr``, Roman numerals and
    the like (see `chromosome_map_for`).
    """
    other_names = chromosome_map_for(regions, others)
    return [
        name
        for name, own in regions.items()
        if _overlap(own, others.get(other_names.get(name, name), ()))
    ]


def _overlap(regions: Sequence[Sequence[int]], others: Sequence[Sequence[int]]) -> bool:
    """Whether two sorted lists of disjoint regions share a base."""
    if not len(regions) or not len(others):
        return False
    (start, end), (other_start, other_end) = np.array(regions).T, np.array(others).T
    # Of the others, those that start before the end of a region, and end before its start.
    return bool(
        (
            np.searchsorted(other_start, end, side="left")
            > np.searchsorted(other_end, start, side="right")
        ).any()
    )
