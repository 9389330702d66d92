"""Mean and standard deviation of the metrics of models over several seeds.

    .venv/bin/snakemake evaluate --configfile configs/yeast.yaml configs/yeast_networks.yaml
    python benchmarks/seeds.py results/yeast

One row per model and folder: mean AUPR and median AUROC over the targets with at least
`--min-positives` positive test loci, mean AUROC of `--factors`, and updates and core
minutes of a training; each as mean ± standard deviation over the seeds of the model
(`run.seeds`). With `--validation`: mean AUPR and mean AUROC on the validation split at
the epoch that was kept, which do not require evaluation.
"""

import argparse
import re
from pathlib import Path

import pandas as pd

EIGHT = ["Reb1", "Abf1", "Rap1", "Cbf1", "Ume6", "Mcm1", "Fkh1", "Tbf1"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="results/{dataset}")
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
        "model": name_of(model),
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
        "model": name_of(model),
        "mean AUPR": best["valid_auprc"],
        "mean AUROC": best["valid_auroc"],
        **training(model),
    }


def name_of(model: Path) -> str:
    """Data set and model, without the seed."""
    return f"{model.parent.name} {re.sub(r'-seed[0-9]+$', '', model.name)}"


def training(model: Path) -> dict[str, object]:
    """Weight updates; minutes of the stage `train` summed over cores, if the workflow ran it."""
    metrics = pd.read_csv(model / "training" / "metrics.csv")
    benchmark, minutes = model / "logs" / "train.benchmark.tsv", float("nan")
    if benchmark.exists():
        minutes = pd.read_csv(benchmark, sep="\t")["cpu_time"].iloc[-1] / 60
    return {"updates": metrics["step"].max() + 1, "core minutes": minutes}


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
