"""Baselines against scikit-learn's word counts, a scan in plain Python and planted truths."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from noncoding.common.errors import InputError
from noncoding.data.one_hot import codes, letters, one_hot, reverse_complement
from noncoding.data.store import BOTH, StoreHeader, new_store
from noncoding.evaluation.intervals import read_replicates
from noncoding.evaluation.kmers import canonical_words, count_words
from noncoding.evaluation.metrics import auroc
from noncoding.motifs.scan import base_composition, best_hits
from noncoding.stages.baseline import BASELINES, baseline

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


def sequences(generator, count, length):
    return one_hot(generator.integers(0, 5, (count, length), dtype=np.uint8))


def test_words_are_counted_as_scikit_learn_does():
    given = sequences(np.random.default_rng(1), 6, 50)
    k = 3
    texts = [letters(one) for one in given]
    mates = [letters(one) for one in reverse_complement(given)]
    words = ["".join(word) for word in product("ACGT", repeat=k)]
    counter = CountVectorizer(
        analyzer="char", ngram_range=(k, k), lowercase=False, vocabulary=words
    )
    both = (counter.transform(texts) + counter.transform(mates)).toarray()
    canonical = canonical_words(k)
    assert canonical.max() + 1 == 32
    counts = count_words(given, k)
    for place in range(len(words)):
        # Words that are their own reverse complement would be counted twice in `both`.
        itself = letters(reverse_complement(one_hot(codes(words[place])))) == words[place]
        expected = both[:, place] / (2 if itself else 1)
        np.testing.assert_array_equal(counts[:, canonical[place]], expected)


def test_sequences_shorter_than_a_word_hold_none():
    assert count_words(sequences(np.random.default_rng(1), 2, 3), 4).sum() == 0


def test_best_hit_is_that_of_a_scan_base_by_base():
    generator = np.random.default_rng(2)
    given = sequences(generator, 5, 30)
    matrices = [generator.dirichlet([0.5] * 4, width).T for width in (4, 7, 4)]
    background = np.array([0.3, 0.2, 0.1, 0.4])
    hits = best_hits(given, matrices, background)
    for row, one in enumerate(given):
        for column, matrix in enumerate(matrices):
            smoothed = (matrix + 0.04 * background[:, None]) / 1.04
            odds = np.log2(smoothed / background[:, None])
            best = max(
                sum(
                    odds[:, offset] @ strand[:, start + offset] for offset in range(matrix.shape[1])
                )
                for strand in (one, reverse_complement(one))
                for start in range(30 - matrix.shape[1] + 1)
            )
            assert hits[row, column] == pytest.approx(best, abs=1e-4)


def test_base_composition_pools_strands_and_ignores_n():
    one = one_hot(np.array([[0, 0, 0, 1, 4, 4]], dtype=np.uint8))  # AAAC and two N.
    other = one_hot(np.array([[2, 3]], dtype=np.uint8))  # GT.
    # A and T: 4 of 6 bases, C and G: 2 of 6, each half on either strand.
    np.testing.assert_allclose(base_composition([one, other]), [1 / 3, 1 / 6, 1 / 6, 1 / 3])
    np.testing.assert_allclose(base_composition([]), np.full(4, 0.25))
    assert base_composition([one_hot(np.zeros((1, 99), np.uint8))])[1] > 0


def test_the_scan_is_the_likelihood_ratio_in_an_at_rich_genome():
    """Planted in 38 % GC, as in yeast: the score is the log ratio of the site's two
    probabilities, and separates sites better than one against uniform bases."""
    generator = np.random.default_rng(1)
    composition = np.array([0.31, 0.19, 0.19, 0.31])
    own, uniform = [], []
    for _ in range(12):
        matrix = generator.dirichlet([0.35] * 4, 8).T
        bases = generator.choice(4, (1500, 220), p=composition).astype(np.uint8)
        labels = (generator.random(1500) < 0.1).astype(np.uint8)
        for row in np.flatnonzero(labels):
            start = generator.integers(20, 190)
            bases[row, start : start + 8] = [generator.choice(4, p=p) for p in matrix.T]
        given = one_hot(bases)
        background = base_composition([given])
        np.testing.assert_allclose(background, composition, atol=0.005)
        hits = best_hits(given, [matrix], background)
        # One window: the closed form, but for the pseudocount.
        [site] = best_hits(one_hot(bases[:1, :8]), [matrix], background)
        ratios = [
            np.log2((matrix + 0.04 * background[:, None])[strand, range(8)] / 1.04).sum()
            - np.log2(background[strand]).sum()
            for strand in (bases[0, :8], 3 - bases[0, 7::-1])
        ]
        assert site == pytest.approx(max(ratios), abs=1e-4)
        own.append(auroc(labels[:, None], hits)[0])
        uniform.append(auroc(labels[:, None], best_hits(given, [matrix], np.full(4, 0.25)))[0])
    assert np.mean(own) > np.mean(uniform) + 0.005


@pytest.fixture
def case(tmp_path):
    """Loci of which some hold the motif of Reb1, some are rich in G and C, some never."""
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


def run(folder, motifs="motifs.meme", **changes):
    settings = {
        "k": 4,
        "rows": 1500,
        "flank": 0,
        "replicates": 20,
        "seed": 1,
        "threads": 2,
    } | changes
    baseline(
        folder / "train.h5",
        folder / "test.h5",
        folder / "baseline",
        motifs=motifs and folder / motifs,
        **settings,
    )
    return pd.read_csv(folder / "baseline" / "targets.tsv", sep="\t", index_col="name")


def test_each_baseline_finds_what_was_planted_for_it(case):
    table = run(case)
    assert table.loc["Reb1", "motif"] == "MA0001.1 Reb1"
    assert table.loc["Reb1", "motif_auroc"] > 0.99
    assert table.loc["Reb1", "gc_auroc"] < 0.6
    assert table.loc[["rich", "poor"], "gc_auroc"].min() > 0.8
    assert table["kmers_auroc"].min() > 0.75
    assert table.loc["rich":, "motif_auprc"].isna().all()
    assert table.loc["never", ["gc_auroc", "kmers_auprc"]].isna().all()


def test_without_motifs_the_rest_is_scored(case):
    table = run(case, motifs=None)
    assert table["motif"].isna().all()
    assert table["kmers_auroc"].notna().sum() == 3


def test_two_runs_give_the_same_table(case):
    run(case)
    first = (case / "baseline" / "targets.tsv").read_bytes()
    run(case)
    assert (case / "baseline" / "targets.tsv").read_bytes() == first


def test_replicates_lie_around_the_metrics_of_each_baseline(case):
    table = run(case)
    for name in BASELINES:
        drawn = read_replicates(case / "baseline" / "replicates" / f"{name}.h5")
        assert drawn.auroc.shape == (20, 4) and drawn.loci.sum() == 1500
        known = table[f"{name}_auroc"].notna().to_numpy()
        assert (known == ~np.isnan(drawn.auroc).any(axis=0)).all()
        mean = drawn.auroc[:, known].mean(axis=0)
        np.testing.assert_allclose(mean, table.loc[known, f"{name}_auroc"], atol=0.01)


def test_words_longer_than_the_sequences_are_refused(case):
    with pytest.raises(InputError, match=r"words of 200 bases; expected at most 100"):
        run(case, k=200)
