"""Metrics on labelled bins and on all bins, by the data that a model was trained on.

    .venv/bin/python benchmarks/negatives.py results/yeast results/yeast_negatives

The trainings are those of configs/yeast_negatives.yaml, which names the commands. Prints a table in
Markdown with a row per data set and model: mean AUPR and mean AUROC over the targets on labelled
bins, and on all bins of the test chromosomes, each as mean ± standard deviation over the trainings
with different seeds. The test splits of the data sets must have the same labelled bins.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

METRICS = {
    f"{name}, {words} bins": (bins, metric)
    for bins, words in (("labelled_bins", "labelled"), ("all_bins", "all"))
    for name, metric in (("AUPR", "auprc"), ("AUROC", "auroc"))
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="results/{dataset}")
    trainings = pd.DataFrame(
        row for folder in parser.parse_args().folders for row in read_trainings(folder)
    )
    tests = trainings[["all bins", "labelled bins", "targets"]].drop_duplicates()
    if len(tests) > 1:
        raise SystemExit(f"the test bins or targets differ:\n{tests.to_string(index=False)}")
    test = tests.iloc[0]
    print(
        f"{test['all bins']:,} bins of the test chromosomes, {test['labelled bins']:,} of them "
        f"labelled; {test['targets']:,} targets\n"
    )
    print(markdown(trainings))


def read_trainings(folder: Path) -> Iterator[dict[str, Any]]:
    """One row per training of a data set that was evaluated on all bins."""
    train = read_json(folder / "data" / "summary.json")["train"]
    summaries = sorted(folder.glob("*-seed*/genome_wide/summary.json"))
    if not summaries:
        raise SystemExit(f"{folder}: no */genome_wide/summary.json of a model with seeds")
    for path in summaries:
        model = path.parents[1]
        summary = read_json(path)
        averages = summary["all"]
        updates = pd.read_csv(model / "training" / "metrics.csv")["step"].max() + 1
        yield {
            "training": folder.name,
            "model": model.name.rsplit("-seed", 1)[0],
            "loci with / without a label": (
                f"{train['labelled_loci']:,} / {train['unlabelled_loci']:,}"
            ),
            "updates": int(updates),
            "all bins": summary["bins"],
            "labelled bins": summary["labelled_bins"],
            "targets": averages["averaged"],
            **{name: averages[bins][metric]["mean"] for name, (bins, metric) in METRICS.items()},
        }


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def markdown(trainings: pd.DataFrame) -> str:
    """A table with mean and standard deviation over the trainings of a model on a data set."""
    columns = ["training", "model", "loci with / without a label"]
    lines = [
        [*columns, "updates", "trainings", *METRICS],
        ["---"] * (len(columns) + 2 + len(METRICS)),
    ]
    for names, own in trainings.groupby(columns, sort=False):
        values = [f"{own[name].mean():.3f} ± {own[name].std():.3f}" for name in METRICS]
        lines.append([*map(str, names), f"{own['updates'].mean():,.0f}", str(len(own)), *values])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
