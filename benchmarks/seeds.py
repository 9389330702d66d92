"""Mean and standard deviation of the metrics of models over several seeds.

    for seed in 1 2 3; do
        .venv/bin/snakemake evaluate --configfile configs/yeast.yaml configs/yeast_models.yaml \
            --config seed=$seed results=results/seed$seed
    done
    python benchmarks/seeds.py results/seed1/yeast results/seed2/yeast results/seed3/yeast

One row per model: mean AUPR and median AUROC over the targets with at least
`--min-positives` positive test loci, mean AUROC of `--factors`, and updates and core
minutes of a training; each as mean ± standard deviation over the folders with the
model. With `--validation`: mean AUPR and mean AUROC on the validation split at the
epoch that was kept, which do not require evaluation.
"""

import argparse
from pathlib import Path

import pandas as pd

EIGHT = ["Reb1", "Abf1", "Rap1", "Cbf1", "Ume6", "Mcm1", "Fkh1", "Tbf1"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="results/…/{dataset}, one per seed")
    parser.add_argument("--min-positives", type=int, default=5)
    parser.add_argument("--factors", nargs="*", default=EIGHT)
    parser.add_argument("--validation", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for folder in arguments.folders:
        for metrics in sorted(folder.glob("*/training/metrics.csv")):
            model = metrics.parents[1]
            if arguments.validation:
                rows.append(validated(model))
            elif (model / "evaluation" / "targets.tsv").exists():
                rows.append(tested(model, arguments.min_positives, arguments.factors))
    print(over_seeds(pd.DataFrame(rows)).to_string(index=False))


def tested(model: Path, min_positives: int, factors: list[str]) -> dict[str, object]:
    """Metrics of a model on the test split."""
    table = pd.read_csv(model / "evaluation" / "targets.tsv", sep="\t", keep_default_na=False)
    table[["auroc", "auprc"]] = table[["auroc", "auprc"]].apply(pd.to_numeric, errors="coerce")
    enough = table[table["test_positives"] >= min_positives]
    return {
        "model": model.name,
        "mean AUPR": enough["auprc"].mean(),
        "median AUROC": enough["auroc"].median(),
        "factors": table.loc[table["name"].isin(factors), "auroc"].mean(),
        **training(model),
    }


def validated(model: Path) -> dict[str, object]:
    """Metrics of a model on the validation split, at the epoch that was kept."""
    metrics = pd.read_csv(model / "training" / "metrics.csv")
    best = metrics.loc[metrics["valid_auprc"].idxmax()]
    return {
        "model": model.name,
        "mean AUPR": best["valid_auprc"],
        "mean AUROC": best["valid_auroc"],
        **training(model),
    }


def training(model: Path) -> dict[str, object]:
    """Weight updates, and minutes of the stage `train` summed over cores."""
    benchmark = pd.read_csv(model / "logs" / "train.benchmark.tsv", sep="\t")
    metrics = pd.read_csv(model / "training" / "metrics.csv")
    return {
        "updates": metrics["step"].max() + 1,
        "core minutes": benchmark["cpu_time"].iloc[-1] / 60,
    }


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation of each column by model, in descending order of mean AUPR."""
    groups = rows.groupby("model", sort=False)
    table = pd.DataFrame({"model": list(groups.groups), "seeds": groups.size().to_numpy()})
    for column in rows.columns.drop("model"):
        digits = 3 if rows[column].max() <= 1 else 0
        table[column] = [
            f"{mean:.{digits}f} ± {deviation:.{digits}f}"
            for mean, deviation in zip(groups[column].mean(), groups[column].std(), strict=True)
        ]
    return table.assign(order=groups["mean AUPR"].mean().to_numpy()).sort_values(
        "order", ascending=False
    )[table.columns]


if __name__ == "__main__":
    main()
