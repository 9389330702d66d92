import numpy as np
import pandas as pd

from noncoding.data.genome.chromosomes import assign_splits, region_of
from noncoding.layout import SPLITS

OUTSIDE, GUARDED = -1, -2


def split_regions(genome, splits, chromosome_map):
    of = assign_splits(genome, splits)
    rows = [(*region_of(n, genome.lengths), s) for n, s in of.items()]
    t = pd.DataFrame(rows, columns=["chromosome", "start", "end", "split"])
    return t.assign(chromosome=pd.Categorical(t["chromosome"], categories=list(genome.lengths)))


def windows_split(regions, chromosome, starts, window, guard):
    out = np.full(len(starts), -1, np.int8)
    for r in regions[regions["chromosome"] == chromosome].itertuples():
        out[(starts >= r.start) & (starts + window <= r.end)] = SPLITS.index(r.split)
    return out
