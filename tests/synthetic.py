"""Synthetic attributions of a target."""

import numpy as np
import pandas as pd
from linear import sequences as random_sequences

from noncoding.attribution.receptive_field import Grid, Resolution
from noncoding.attribution.sequences import Sequences
from noncoding.attribution.target_attributions import TargetAttributions

LENGTH = 40


def synthetic_attributions(starts=(100, 500), **changes):
    """Two sequences of 40 bp, with maps of a layer in steps of 4 bp and of bases."""
    generator = np.random.default_rng(0)
    start = np.array(starts)
    loci = pd.DataFrame({"locus": [3, 9], "chromosome": "I", "start": start, "end": start + LENGTH})
    values = {
        "index": 7,
        "name": "Reb1",
        "length": LENGTH,
        "bin": 20,
        "sequences": Sequences(random_sequences(2, LENGTH), loci),
        "labels": np.array([1, 0], np.float32),
        "probabilities": np.array([0.9, 0.4], np.float32),
        "maps": {
            "gradcam": generator.random((2, 10), np.float32).repeat(4, axis=1),
            "gradient": generator.normal(size=(2, LENGTH)).astype(np.float32),
        },
        "resolution": Resolution(Grid(10, -3, 4, 10), 11),
        "sites": [[], []],
        "hits": [[], []],
        "motif": "",
    }
    return TargetAttributions(**values | changes)
