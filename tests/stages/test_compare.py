"""A comparison on a store with exactly the official positive counts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, StoreHeader, new_store
from noncoding.data.targets import read_targets
from noncoding.evaluation.bootstrap import Replicates, write_replicates
from noncoding.stages.compare import compare

OFFICIAL = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"


def resampled(values, blocks=400):
    """Replicates of both metrics, from blocks of one locus, every second one positive."""
    values = np.asarray(values, dtype=float)
    positives = np.tile(np.arange(blocks)[:, None] % 2, values.shape[1])
    loci = np.ones(blocks, np.int32)
    return Replicates(values / 2 + 0.5, values, positives.astype(np.int32), loci, seed=1)


def official_store(path, changed=False, source=None):
    """A store with the positives of each target in the official test split.

    One strand has half of the official rows. The positives of every target are the first loci,
    so the store is small.
    """
    table = read_targets(OFFICIAL)
    positives = table["test_positives"].to_numpy() // 2
    loci = int(positives.max()) + 50
    labels = (np.arange(loci)[:, None] < positives).astype(np.uint8)
    if changed:
        labels[positives[3], 3] = 1
    sequences = np.zeros((loci, 4, 8), np.uint8)
    with new_store(path, StoreHeader(8, 4, BOTH, table, source or {})) as store:
        for _ in range(2):
            for start in range(0, loci, 8192):
                store.append(sequences[start : start + 8192], labels[start : start + 8192])
    return table


def run(folder, table, baseline_seed=1):
    generator = np.random.default_rng(1)
    targets = len(table)
    models = {}
    for name, strength in (("weak", 0.2), ("strong", 0.6)):
        (folder / name).mkdir()
        values = np.clip(strength + 0.05 * generator.standard_normal(targets), 0, 1)
        own = table[["index", "name", "group"]].assign(auroc=0.5 + values / 2, auprc=values)
        own.assign(test_positives=9).to_csv(folder / name / "targets.tsv", sep="\t", index=False)
        drawn = resampled(values + 0.01 * generator.standard_normal((20, targets)))
        write_replicates(drawn, folder / name / "replicates.h5")
        models[name] = folder / name
    beside = table[["index", "name", "group"]].assign(motif=None)
    (folder / "baseline" / "replicates").mkdir(parents=True)
    for name, value in (("gc", 0.1), ("kmers", 0.3), ("motif", np.nan)):
        beside[f"{name}_auroc"] = beside[f"{name}_auprc"] = value
        drawn = resampled(value + 0.01 * generator.standard_normal((20, targets)))
        seeded = drawn._replace(seed=baseline_seed)
        write_replicates(seeded, folder / "baseline" / "replicates" / f"{name}.h5")
    beside.to_csv(folder / "baseline" / "targets.tsv", sep="\t", index=False)
    compare(models, folder / "baseline", folder / "test.h5", folder, min_positives=5)
    return json.loads((folder / "summary.json").read_text())


def test_a_store_with_the_official_counts_shows_published_results(tmp_path):
    summary = run(tmp_path, official_store(tmp_path / "test.h5"))
    assert summary["published"].startswith("Published results are shown")
    assert summary["best"] == "strong"
    wide = pd.read_csv(tmp_path / "targets.tsv", sep="\t")
    expected = pd.read_csv(OFFICIAL, sep="\t")
    np.testing.assert_allclose(wide["DeepSEA (published) auroc"], expected["deepsea_auroc"])
    assert {"strong auprc", "GC content auroc", "k-mer regression auprc"} <= set(wide)
    assert "motif scan auroc" not in wide
    ranks = pd.read_csv(tmp_path / "ranking.tsv", sep="\t")
    assert ranks["classifier"].iloc[0] == "strong" and len(ranks) == 8
    pairs = pd.read_csv(tmp_path / "pairs.tsv", sep="\t")
    best = pairs[(pairs["first"] == "weak") & (pairs["second"] == "strong")]
    assert (best["wins"] < 5).all() and (best["high"] < 0).all()
    tested = pairs.set_index("second")["p_value"]
    assert tested[["GC content", "k-mer regression"]].notna().all()
    assert tested[["DeepSEA (published)", "DanQ (published)"]].isna().all()
    assert all(path.exists() for paths in layout.figures("compare", tmp_path) for path in paths)


def test_with_one_label_changed_published_results_are_not_shown(tmp_path):
    summary = run(tmp_path, official_store(tmp_path / "test.h5", changed=True))
    assert "1 of 919 targets" in summary["published"]
    columns = list(pd.read_csv(tmp_path / "targets.tsv", sep="\t"))
    assert not [column for column in columns if "published" in column]


def test_a_rebuilt_store_may_differ_by_a_label(tmp_path):
    # What the stage tile records; the differences themselves are counted again.
    source = {"rebuilt": {"targets": 919, "beyond": 0, "largest": 0.0, "mean": 0.0}}
    table = official_store(tmp_path / "test.h5", changed=True, source=source)
    summary = run(tmp_path, table)
    # One locus, on both strands.
    assert table["test_positives"][3] > 2 * 200
    expected = 100 * 2 / table["test_positives"][3]
    assert f"largest relative difference {expected:.3g} %" in summary["published_note"]
    columns = list(pd.read_csv(tmp_path / "targets.tsv", sep="\t"))
    assert "DeepSEA (published) auprc" in columns


def test_an_evaluation_of_other_targets_is_refused(tmp_path):
    table = official_store(tmp_path / "test.h5")
    with pytest.raises(InputError, match="targets that are not those"):
        run(tmp_path, table.assign(name="other"))


def test_replicates_that_are_not_paired_are_refused(tmp_path):
    table = official_store(tmp_path / "test.h5")
    with pytest.raises(InputError, match=r"gc\.h5.*another seed.*'baseline' and 'evaluate' again"):
        run(tmp_path, table, baseline_seed=2)
