"""Rates that were measured in an earlier run."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.cost.rates import UNITS, Rate
from noncoding.cost.sizes import DataSize, size_of, work
from noncoding.layout import METRICS_LOG, benchmark
from noncoding.settings.config import Settings

SHORTEST = 60.0
"""Seconds of the shortest job that is used: in shorter ones, the start takes much of the time."""
MEASURED = ("tile", "describe", "baseline", "predict", "evaluate")
"""Stages with a benchmark whose work follows from the size of the data set."""


def rates_of_run(
    results: Path, settings: Settings, sizes: Mapping[str, DataSize] | None = None
) -> dict[str, Rate]:
    """Rates of the training and of long jobs of an earlier run.

    Parameters
    ----------
    results : path
        Folder of its results.
    settings : Settings
        Its numbers of bootstrap replicates, of rows of the baseline and of devices are taken to be
        these, and only its data sets that are configured here are used.
    sizes : mapping, optional
        Data set → its size, where the stores of the run are not there.

    Returns
    -------
    dict
        ``train MODEL``, without the seed → median of the rows per second over the epochs
        (``training/metrics.csv``). ``predict MODEL``, ``evaluate``, ``tile``, ``describe`` and
        ``baseline`` → work by second (``logs/*.benchmark.tsv``), if the job took a minute. Of
        several jobs, the slowest. Rates of training and prediction are those of one device.
        Predictions of ensembles are not used.

    Raises
    ------
    InputError
        The folder holds no such file.
    """
    found: dict[str, Rate] = {}
    jobs = _of_jobs(results, settings, sizes or {})
    for name, rate in (*_of_training(results, settings), *jobs):
        if name not in found or rate.value < found[name].value:
            found[name] = rate
    if not found:
        raise InputError(
            results,
            f"no DATASET/MODEL/training/{METRICS_LOG} with the column sequences_per_second, and "
            f"no benchmark of a job of at least {SHORTEST:g} s",
            "the results of a run with a training",
            "Give the folder of its results.",
        )
    return found


def _of_training(results: Path, settings: Settings) -> Iterator[tuple[str, Rate]]:
    for path in sorted(results.glob(f"*/*/training/{METRICS_LOG}")):
        with path.open(encoding="utf-8", newline="") as file:
            column = [row.get("sequences_per_second") for row in csv.DictReader(file)]
        if speeds := sorted(float(each) for each in column if each):
            model, median = _model(path.parents[1]), speeds[len(speeds) // 2]
            if model in settings.models:
                training = settings.training_of(model)
                median /= _number(training.devices) * training.num_nodes
            yield f"train {model}", Rate(median, "rows/s", str(path))


def _of_jobs(
    results: Path, settings: Settings, sizes: Mapping[str, DataSize]
) -> Iterator[tuple[str, Rate]]:
    for stage in MEASURED:
        for path in sorted(results.glob(benchmark(stage).format(dataset="*", model="*"))):
            name = path.relative_to(results).parts[0]
            with path.open(encoding="utf-8", newline="") as file:
                [seconds] = [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
            if name not in settings.datasets or seconds < SHORTEST:
                continue
            size = sizes.get(name) or size_of(name, settings.datasets[name], results)
            rate = work(stage, size, settings) / seconds
            if stage == "predict":
                rate /= _number(settings.predict.devices)
                yield f"predict {_model(path.parents[1])}", Rate(rate, "loci/s", str(path))
            else:
                yield stage, Rate(rate, UNITS[stage], str(path))


def _number(devices: int | str) -> int:
    return devices if isinstance(devices, int) else 1


def _model(folder: Path) -> str:
    """Name of a model in the configuration: without its seed."""
    return folder.name.rpartition("-seed")[0] or folder.name
