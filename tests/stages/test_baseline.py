"""Planted motifs and base compositions are found by the baseline made for them."""

import numpy as np
import pandas as pd
import pytest

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.data.one_hot import codes, one_hot, reverse_complement
from noncoding.data.store import BOTH, StoreHeader, new_store
from noncoding.evaluation.bootstrap import read_replicates
from noncoding.settings.baseline import BaselineSettings
from noncoding.stages.baseline import baseline

MEME = """MEME version 4

ALPHABET= ACGT

MOTIF MA0001.1 Reb1
letter-probability matrix: alength= 4 w= 7 nsites= 20 E= 0
{}
MOTIF MA0009.1 REB1
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
 0 0 0 1
 0 0 0 1
 0 0 0 1
MOTIF MA0002.1 Other::Gal4
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
 1 0 0 0
 0 1 0 0
 0 0 1 0
"""
REB1 = "TTACCCG"


@pytest.fixture
def case(tmp_path):
    """Stores in which positives have the motif of Reb1, a high or a low GC content, or none."""
    generator = np.random.default_rng(3)
    names = ["Reb1", "rich", "poor", "never"]
    table = pd.DataFrame({"index": range(4), "name": names, "group": "TF"})
    for split, loci in (("train", 2000), ("test", 1500)):
        labels = (generator.random((loci, 4)) < [0.2, 0.3, 0.3, 0]).astype(np.uint8)
        share = 0.4 + 0.15 * labels[:, 1] - 0.15 * labels[:, 2]
        strong = generator.random((loci, 100)) < share[:, None]
        pick = generator.integers(0, 2, (loci, 100))
        bases = np.where(strong, 1 + pick, 3 * pick).astype(np.uint8)
        motif = codes(REB1)
        for row in np.flatnonzero(labels[:, 0]):
            start = generator.integers(40, 53)
            bases[row, start : start + 7] = motif if row % 2 else 3 - motif[::-1]
        given = one_hot(bases)
        header = StoreHeader(100, 20, BOTH, table, {})
        with new_store(tmp_path / f"{split}.h5", header) as store:
            store.append(
                np.concatenate([given, reverse_complement(given)]), np.vstack([labels, labels])
            )
    matrix = "\n".join(" ".join(f"{0.97 if b == own else 0.01}" for b in "ACGT") for own in REB1)
    (tmp_path / "motifs.meme").write_text(MEME.format(matrix))
    return tmp_path


def run(folder, motifs="motifs.meme", kmer=4):
    baseline(
        folder / "train.h5",
        folder / "test.h5",
        motifs and folder / motifs,
        folder,
        BaselineSettings(kmer=kmer, rows=1500, flank=0),
        replicates=20,
        seed=1,
        threads=2,
    )
    return pd.read_csv(folder / "targets.tsv", sep="\t", index_col="name")


def test_each_baseline_finds_what_was_planted_for_it(case):
    table = run(case)
    assert table.loc["Reb1", "motif"] == "MA0001.1 Reb1"
    assert table.loc["Reb1", "motif_auroc"] > 0.99
    assert table.loc["Reb1", "gc_auroc"] < 0.6
    assert table.loc[["rich", "poor"], "gc_auroc"].min() > 0.8
    assert table["kmers_auroc"].min() > 0.75
    assert table.loc["rich":, "motif_auprc"].isna().all()
    assert table.loc["never", ["gc_auroc", "kmers_auprc"]].isna().all()


def test_without_motifs_the_other_baselines_are_scored(case):
    table = run(case, motifs=None)
    assert table["motif"].isna().all()
    assert table["kmers_auroc"].notna().sum() == 3


def test_two_runs_give_the_same_table(case):
    run(case)
    first = (case / "targets.tsv").read_bytes()
    run(case)
    assert (case / "targets.tsv").read_bytes() == first


def test_replicates_vary_around_the_metrics_of_each_baseline(case):
    table = run(case)
    _, *paths = layout.files("baseline", case)
    for name, path in zip(layout.BASELINES, paths, strict=True):
        replicates = read_replicates(path)
        assert replicates.auroc.shape == (20, 4) and replicates.loci.sum() == 1500
        known = table[f"{name}_auroc"].notna().to_numpy()
        assert (known == ~np.isnan(replicates.auroc).any(axis=0)).all()
        mean = replicates.auroc[:, known].mean(axis=0)
        np.testing.assert_allclose(mean, table.loc[known, f"{name}_auroc"], atol=0.01)


def test_k_mers_longer_than_the_sequences_are_refused(case):
    table = pd.DataFrame({"index": range(4), "name": ["Reb1", "rich", "poor", "never"]})
    for split in ("train", "test"):
        header = StoreHeader(5, 1, BOTH, table.assign(group="TF"), {})
        with new_store(case / f"{split}.h5", header):
            pass
    with pytest.raises(InputError, match="k-mers of 6 bases; expected at most 5"):
        run(case, kmer=6)
