"""Measured effects of Reb1 sites, compared with the scores of a model and with a motif scan.

    python benchmarks/reb1_pairs.py reb1_pairs.tsv plasmid_context.fa --model yeast \\
        --motifs JASPAR2022_CORE_non-redundant_pfms_meme.txt --json reb1_pairs.json

The table has pairs of promoter sequences (reference, alternative) with the measured expression of
each (reference_expression, alternative_expression) and the protein whose site they differ in
(factor). The two records of the FASTA file are the sequences before and after the promoter. Each
pair is a variant of the reference in this context, and is scored as `noncoding variants` does,
with the variant at the centre of the window. With `--flanks shuffled`, the bases of the two records
are shuffled; with `--flanks N`, they are unknown.

Spearman correlations with the difference in expression, with 95 % bootstrap intervals. Pairs with
the same reference share its measurement, so references are resampled, with all of their pairs. The
scan is the difference in the best match of the motif within the promoter, over both strands, as
log-likelihood ratio against equal frequencies of bases, or against those of the yeast genome.
"""

import tempfile
from pathlib import Path
from typing import Any

import common
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from noncoding.data.fasta import records
from noncoding.data.one_hot import codes, one_hot
from noncoding.motifs.known_motifs import match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.scan import best_hits
from noncoding.settings.apply import VariantOptions
from noncoding.stages.score_variants import score_variants

LOGIT, PROBABILITY = "logit difference", "probability difference"
SCAN, SCAN_YEAST = "motif scan", "motif scan against the base composition of yeast"
FLANKS = ("given", "shuffled", "N")
COMPOSITION = (0.31, 0.19, 0.19, 0.31)
"""Frequencies of A, C, G and T in the yeast genome."""
Floats = npt.NDArray[np.float64]


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("context", type=Path)
    parser.add_argument("--model", default="yeast", help="folder, or name of a shipped model")
    parser.add_argument("--motifs", type=Path, required=True, help="MEME file")
    parser.add_argument(
        "--offsets", nargs="+", type=int, default=[0], help="see `noncoding variants`"
    )
    parser.add_argument("--flanks", choices=FLANKS, default="given")
    parser.add_argument("--seed", type=int, default=1, help="of shuffled flanks")
    parser.add_argument("--replicates", type=int, default=10_000, help="of the bootstrap")
    arguments = parser.parse_args()
    pairs = pd.read_csv(arguments.pairs, sep="\t")
    [factor] = pairs["factor"].unique()
    flanks = changed(arguments.context, arguments.flanks, arguments.seed)
    scores = model_scores(pairs, flanks, arguments.model, arguments.offsets)
    measured = (pairs["alternative_expression"] - pairs["reference_expression"]).to_numpy()
    own = scores[scores["target"] == factor]
    predicted = {
        LOGIT: own["logit_difference"].to_numpy(),
        PROBABILITY: (own["alt_probability"] - own["ref_probability"]).to_numpy(),
        **scan_differences(pairs, arguments.motifs, factor),
    }
    of_reference = pd.factorize(pairs["reference"])[0]
    intervals = bootstrap(predicted, measured, of_reference, arguments.replicates)
    by_target = {
        target: spearman(of_target["logit_difference"].to_numpy(), measured)
        for target, of_target in scores.groupby("target")
    }
    strongest = sorted(by_target, key=lambda target: -by_target[target])
    common.write_json(
        arguments.json,
        {
            "benchmark": "reb1_pairs",
            "model": arguments.model,
            "offsets": arguments.offsets,
            "flanks": arguments.flanks,
            "mean probability of the references": round(float(own["ref_probability"].mean()), 3),
            "pairs": len(pairs),
            "references": int(of_reference.max()) + 1,
            "spearman": {
                name: {"value": round(spearman(values, measured), 3), "interval": intervals[name]}
                for name, values in predicted.items()
            },
            "differences": {
                f"{name} less {other}": intervals[name, other]
                for name, other in (
                    (LOGIT, SCAN),
                    (LOGIT, SCAN_YEAST),
                    (PROBABILITY, SCAN),
                    (LOGIT, PROBABILITY),
                )
            },
            "by reference": by_reference(pairs, predicted, measured, of_reference),
            "strongest targets": {target: round(by_target[target], 3) for target in strongest[:10]},
            f"rank of {factor}": strongest.index(factor) + 1,
        },
    )


def changed(context: Path, how: str, seed: int) -> list[str]:
    """The sequences before and after the promoter, as given, shuffled or unknown."""
    given = [sequence.decode() for _, _, sequence in records(context)]
    if how == "shuffled":
        generator = np.random.default_rng(seed)
        return ["".join(generator.permutation(list(sequence))) for sequence in given]
    return ["N" * len(sequence) for sequence in given] if how == "N" else given


def model_scores(
    pairs: pd.DataFrame, flanks: list[str], model: str, offsets: list[int]
) -> pd.DataFrame:
    """Scores of all targets, of the pairs in their order for each target."""
    before, after = flanks
    with tempfile.TemporaryDirectory() as folder:
        genome, table, out = (Path(folder, name) for name in ("g.fa", "variants.tsv", "out.tsv"))
        genome.write_text(
            "".join(
                f">pair{number}\n{before}{reference}{after}\n"
                for number, reference in enumerate(pairs["reference"])
            ),
            encoding="utf-8",
        )
        variants = pd.DataFrame(
            {
                "chrom": [f"pair{number}" for number in range(len(pairs))],
                "pos": len(before) + 1,
                "ref": pairs["reference"],
                "alt": pairs["alternative"],
            }
        )
        variants.to_csv(table, sep="\t", index=False)
        options = VariantOptions(genome=str(genome), table=str(table), offsets=offsets, long=True)
        score_variants(model, out, options)
        return pd.read_csv(out, sep="\t")


def scan_differences(pairs: pd.DataFrame, path: Path, factor: str) -> dict[str, Floats]:
    """Difference in the best match of the known motif of the factor within the sequences."""
    motifs = read_motifs(path)
    [[motif, *_]] = match_motifs(pd.DataFrame({"name": [factor]}), motifs)
    ref, alt = (
        one_hot(np.stack([codes(sequence) for sequence in pairs[column]]))
        for column in ("reference", "alternative")
    )

    def difference(frequencies: Floats) -> Floats:
        found = [best_hits(alleles, [motifs[motif]], frequencies)[:, 0] for alleles in (ref, alt)]
        return (found[1] - found[0]).astype(float)

    return {
        SCAN: difference(np.full(4, 0.25)),
        SCAN_YEAST: difference(np.array(COMPOSITION)),
    }


def spearman(first: Floats, second: Floats) -> float:
    return float(spearmanr(first, second).statistic)


def bootstrap(
    predicted: dict[str, Floats],
    measured: Floats,
    groups: npt.NDArray[np.int64],
    replicates: int,
) -> dict[Any, list[float]]:
    """Intervals of each correlation and of the difference between any two, over groups."""
    generator = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    found: dict[str, list[float]] = {name: [] for name in predicted}
    for _ in range(replicates):
        drawn = generator.integers(0, len(members), len(members))
        rows = np.concatenate([members[group] for group in drawn])
        for name, values in predicted.items():
            found[name].append(spearman(values[rows], measured[rows]))
    arrays = {name: np.array(values) for name, values in found.items()}

    def interval(values: Floats) -> list[float]:
        return [round(float(value), 3) for value in np.nanpercentile(values, [2.5, 97.5])]

    own = {name: interval(values) for name, values in arrays.items()}
    return own | {
        (name, other): interval(values - arrays[other])
        for name, values in arrays.items()
        for other in arrays
        if name != other
    }


def by_reference(
    pairs: pd.DataFrame,
    predicted: dict[str, Floats],
    measured: Floats,
    groups: npt.NDArray[np.int64],
) -> list[dict[str, Any]]:
    """The correlations within each reference, by its expression."""
    rows = []
    for group in range(groups.max() + 1):
        own = groups == group
        rows.append(
            {
                "pairs": int(own.sum()),
                "expression of the reference": round(
                    float(pairs.loc[own, "reference_expression"].mean()), 2
                ),
                "mean difference in expression": round(float(measured[own].mean()), 2),
                **{
                    name: round(spearman(values[own], measured[own]), 2)
                    for name, values in predicted.items()
                },
            }
        )
    return sorted(rows, key=lambda row: row["expression of the reference"])


if __name__ == "__main__":
    main()
