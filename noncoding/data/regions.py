"""Regions of a genome that loci cover, and where those of two data sets overlap."""

from collections.abc import Mapping, Sequence

import bioframe
import pandas as pd

from noncoding.data.genome.chromosome_names import chromosome_map_for

Regions = Mapping[str, Sequence[Sequence[int]]]
"""Chromosome → its regions: start and end of each, 0-based, half-open."""
_GAP = 100_000
"""bp: windows that are closer belong to the same region, so that a record is short."""


def covered_regions(loci: pd.DataFrame) -> dict[str, list[list[int]]]:
    """The regions of loci; gaps of up to 100 kb between neighbouring loci are part of a region.

    Parameters
    ----------
    loci : pandas.DataFrame
        Columns ``chromosome`` (str), ``start`` and ``end`` (int, bp, 0-based, half-open).

    Returns
    -------
    dict
        Chromosome, in the order of its first locus → ``[start, end]`` of each region, sorted; as
        JSON.
    """
    columns = ("chromosome", "start", "end")
    order = dict.fromkeys(loci["chromosome"].unique())
    merged = bioframe.merge(loci[list(columns)], min_dist=_GAP, cols=columns)
    regions: dict[str, list[list[int]]] = {name: [] for name in order}
    for chromosome, start, end in merged[list(columns)].itertuples(index=False):
        regions[chromosome].append([int(start), int(end)])
    return regions


def overlapping_chromosomes(regions: Regions, others: Regions) -> list[str]:
    """Chromosomes of `regions` on which one of them overlaps one of `others`.

    Chromosomes are matched by name, also where the names differ in ``chr``, Roman numerals and
    the like (see `chromosome_map_for`).
    """
    other_names = chromosome_map_for(regions, others)
    return [
        name
        for name, own in regions.items()
        if any(
            start < other_end and other_start < end
            for start, end in own
            for other_start, other_end in others.get(other_names.get(name, name), ())
        )
    ]
