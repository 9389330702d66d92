"""The summary of a prediction of regions, against the whole table of probabilities."""

import numpy as np
import pandas as pd
import pytest

from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.windows import tiled_windows
from noncoding.prediction import region_summary
from noncoding.prediction.region_output import PredictedWindows
from noncoding.prediction.region_summary import summarise_regions
from noncoding.prediction.shards import Shards

GENOME = Genome("g.fa", {"one": 200, "two": 90})
TARGETS = pd.DataFrame({"index": [3, 5, 6], "label": ["a", "b 5", "b 6"]}, index=[3, 5, 6])


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_summary_is_that_of_all_windows(tmp_path, monkeypatch, size):
    monkeypatch.setattr(region_summary, "LISTED", 2)
    regions = pd.DataFrame({"chromosome": ["one", "two"], "start": 0, "end": [200, 90]})
    regions["chromosome"] = pd.Categorical(regions["chromosome"], [*GENOME.lengths])
    windows = tiled_windows(regions.assign(region="all"), GENOME, 40, 20, 20)
    values = np.random.default_rng(1).random((len(windows), 3), np.float32)
    values[:, 2] += 1
    values[[2, 7], 2] = 3  # the first is the one that is named
    shards = Shards(tmp_path / "shards", values.shape, batch_size=1, size=size)
    for shard in shards.missing({}):
        shards.write(shard, values[shard])
    found = summarise_regions(PredictedWindows(windows, shards, TARGETS, {}))

    assert (found["windows"], found["n_targets"]) == (len(windows), 3)
    order = np.argsort(-values.mean(axis=0))[:2]
    assert [row["index"] for row in found["targets"]] == TARGETS["index"].iloc[order].tolist()
    assert [row["name"] for row in found["targets"]] == TARGETS["label"].iloc[order].tolist()
    for row, target in zip(found["targets"], order, strict=True):
        of_target = values[:, target]
        assert row["mean"] == pytest.approx(of_target.mean())
        assert row["above_half"] == (of_target > 0.5).sum()
        assert row["highest"] == of_target.max()
        best = windows.table(slice(0, len(windows))).iloc[of_target.argmax()]
        assert row["at"] == f"{best['chromosome']}:{best['start'] + 1}-{best['end']}"
