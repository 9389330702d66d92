"""Hours, disk space and downloads of the jobs of a run."""

import gzip
import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.cost.plan import Job, Plan
from noncoding.cost.rates import PASSES, Rate, Rates
from noncoding.cost.sizes import DataSize, ModelSize, model_size, size_of, teacher_operations, work
from noncoding.data.download.sources import sources
from noncoding.layout import APPLIED, BASELINES, SPLITS
from noncoding.settings.config import Settings, check_settings
from noncoding.settings.downloads import downloads, file_name, urls

OTHER_BYTES = 10e6
"""Tables, figures and logs of a job (an assumption: those of make demo take less)."""
ARCHIVE_BYTES = 4e9
"""Size of the DeepSEA archive, which is not published: the estimate of config.yaml."""
GENOME_WIDE = 6.3
"""Bins of the test chromosomes per test locus: as in the rebuilt DeepSEA data set (assumed)."""
_SHORT = ("plot_training_model", "compare_dataset", "report_dataset", "sweep_all")
"""Rules whose jobs take little more time than their start."""
_STATE = 16
"""Bytes of a checkpoint per parameter: weights, their average and two moments, 4 bytes each."""


@dataclass
class Cost:
    """What jobs cost: of one, or the sum of those of a stage.

    Attributes
    ----------
    jobs : int
    core_hours, gpu_hours : float
        A job that uses a GPU has no core hours.
    kept, temporary, downloaded : float
        Bytes that remain, that are deleted in the run, and that are downloaded.
    sources : dict
        Origin of each rate and size that was used.
    """

    jobs: int = 0
    core_hours: float = 0.0
    gpu_hours: float = 0.0
    kept: float = 0.0
    temporary: float = 0.0
    downloaded: float = 0.0
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Cost") -> None:
        """Add the cost of further jobs."""
        for name in ("jobs", "core_hours", "gpu_hours", "kept", "temporary", "downloaded"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.sources |= other.sources


@dataclass(frozen=True)
class Estimate:
    """The cost of a run.

    Attributes
    ----------
    rules : dict
        Rule → `Cost` of its jobs, in the order in which they run.
    peak : float
        Bytes that are needed at the same time, at most.
    elapsed : float
        Hours for a number of jobs at once, without waiting in a queue.
    longest : float
        Hours of the longest chain of jobs: the elapsed time with any number of jobs at once.
    """

    rules: dict[str, Cost]
    peak: float
    elapsed: float
    longest: float

    @cached_property
    def total(self) -> Cost:
        """Sum over the rules."""
        total = Cost()
        for cost in self.rules.values():
            total.add(cost)
        return total


class Estimator:
    """Costs of jobs from the sizes of their data and from rates.

    Parameters
    ----------
    plan : Plan
    rates : Rates
    sizes : mapping, optional
        Data set → its size, where it cannot be derived.

    Raises
    ------
    InputError
        The configuration is invalid, or the rows of a data set are unknown.
    """

    def __init__(
        self, plan: Plan, rates: Rates, sizes: Mapping[str, DataSize] | None = None
    ) -> None:
        self._jobs = plan.jobs
        self._rates = rates
        self._settings: Settings = check_settings(plan.configuration)
        self._trained = self._settings.trained_models()
        self._sizes = dict(sizes or {})

    def estimate(self, parallel: int) -> Estimate:
        """The cost of the run, with a number of jobs at once."""
        hours = {}
        rules: dict[str, Cost] = defaultdict(Cost)
        temporary: dict[str, list[float]] = defaultdict(list)
        for number, job in enumerate(self._jobs):
            cost, hours[number] = self._cost(job)
            rules[job.rule].add(cost)
            temporary[job.rule].append(cost.temporary)
        made = {path: number for number, job in enumerate(self._jobs) for path in job.outputs}
        before = {
            number: {made[path] for path in job.inputs if path in made}
            for number, job in enumerate(self._jobs)
        }
        # Unpacked files of all splits and data sets may be there at once, but temporary
        # checkpoints only of as many trainings as run.
        peak = sum(cost.kept + cost.temporary for cost in rules.values())
        peak -= sum(sorted(temporary["train_model"], reverse=True)[parallel:])
        return Estimate(
            dict(rules),
            peak,
            elapsed_hours(hours, before, parallel),
            elapsed_hours(hours, before, max(1, len(hours))),
        )

    def _cost(self, job: Job) -> tuple[Cost, float]:
        """Cost of a job, and its hours."""
        cost = Cost(jobs=1)
        seconds = self._time(cost, "job", 1)
        if job.rule not in _SHORT:
            applied = next((stage for stage in APPLIED if job.rule.startswith(stage)), job.rule)
            seconds += getattr(self, f"_{applied}")(job, cost)
        cost.kept += OTHER_BYTES if job.rule != "fetch_file" else 0.0
        hours = seconds / 3600
        if job.gpus and self._rates.device == "cuda":
            cost.gpu_hours = hours * job.gpus
        else:
            # The rates are those of two cores; more threads are not assumed to be faster.
            cost.core_hours = hours * min(job.threads, 2)
        return cost, hours

    def _time(self, cost: Cost, name: str, work: float) -> float:
        return _seconds(cost, name, self._rates.of(name), work)

    def _of_data(self, cost: Cost, stage: str, size: DataSize) -> float:
        return self._time(cost, stage, work(stage, size, self._settings))

    def _size(self, job: Job, cost: Cost) -> DataSize:
        name = job.wildcards["dataset"]
        if name not in self._sizes:
            results = Path(self._settings.results)
            self._sizes[name] = size_of(name, self._settings.datasets[name], results)
        size = self._sizes[name]
        cost.sources[f"rows of {name}"] = size.source
        return size

    def _networks(self, job: Job, size: DataSize) -> list[tuple[str, ModelSize]]:
        """Name in the configuration and size of a model, or of each member of an ensemble."""
        name = job.wildcards["model"]
        members = [name] if name in self._trained else self._settings.ensembles()[name].members
        models = [self._trained[member].model for member in members]
        return [(model, model_size(self._settings, model, size)) for model in models]

    def _predict(self, job: Job, cost: Cost, loci: float) -> float:
        size = self._size(job, cost)
        seconds = 0.0
        for model, network in self._networks(job, size):
            rate = self._rates.of_network("predict", model, network.operations)
            seconds += _seconds(cost, f"predict {model}", rate, loci)
        return seconds

    def _fetch_file(self, job: Job, cost: Cost) -> float:
        name = job.wildcards["dataset"]
        dataset = self._settings.datasets[name].dump()
        if job.inputs:  # a simulated archive
            return 0.0
        entry = downloads(dataset).get(job.wildcards["file"])
        size = _file_bytes(urls(entry), self._settings.mirror) if entry else None
        if size is None and entry and entry == dataset.get("archive"):
            size = ARCHIVE_BYTES
            cost.sources[f"size of {file_name(entry)}"] = "assumed: 4 GB"
        elif size is None:
            cost.sources[f"size of {job.wildcards['file']}"] = "unknown: counted as 0"
        cost.downloaded = cost.kept = size or 0.0
        return self._time(cost, "download", cost.downloaded)

    def _simulate_bundle(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.kept = sum(size.mat_bytes(split) for split in SPLITS) / 8
        return self._of_data(cost, "simulate", size)

    def _unpack_bundle(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.temporary = sum(size.mat_bytes(split) for split in SPLITS)
        return self._time(cost, "unpack", cost.temporary)

    def _convert_split(self, job: Job, cost: Cost) -> float:
        size, split = self._size(job, cost), job.wildcards["split"]
        cost.kept = size.store_bytes(split)
        cost.temporary = cost.kept if split == "train" else 0.0
        return self._time(cost, "convert", size.mat_bytes(split))

    def _tile_genome(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.kept = sum(size.store_bytes(split) for split in SPLITS)
        return self._of_data(cost, "tile", size)

    def _genome_wide_bins(self, size: DataSize, cost: Cost) -> float:
        cost.sources["bins of the test chromosomes"] = f"assumed: {GENOME_WIDE} × test loci"
        return GENOME_WIDE * size.loci["test"]

    def _tile_genome_wide_bins(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        bins = self._genome_wide_bins(size, cost)
        cost.kept = bins * size.store_bytes("test") / size.rows["test"]
        return self._time(cost, "tile", bins)

    def _predict_genome_wide_bins(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        bins = self._genome_wide_bins(size, cost)
        cost.kept = bins * size.targets * 4
        return self._predict(job, cost, bins)

    def _evaluate_genome_wide_model(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        return self._time(cost, "evaluate", self._genome_wide_bins(size, cost) * size.targets)

    def _describe_dataset(self, job: Job, cost: Cost) -> float:
        return self._of_data(cost, "describe", self._size(job, cost))

    def _baseline_dataset(self, job: Job, cost: Cost) -> float:
        size, settings = self._size(job, cost), self._settings
        cost.kept = len(BASELINES) * _replicate_bytes(settings, size)
        return self._of_data(cost, "baseline", size)

    def _train_model(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        [(model, network)] = self._networks(job, size)
        training = self._settings.training_of(model)
        # A validation is a third of the work of training on its rows.
        rows = training.epochs * (size.rows["train"] + size.rows["valid"] / 3)
        # A training step takes three times as long as a forward pass, such as that of a teacher.
        taught = teacher_operations(self._settings, model, size) / 3
        rate = self._rates.of_network("train", model, network.operations + taught)
        cost.sources["epochs"] = "all that are configured; early stopping may save some"
        # The best and the last checkpoint remain, and exist twice while a training runs.
        cost.kept = network.parameters * (2 * _STATE + 4)
        cost.temporary = network.parameters * 2 * _STATE
        return _seconds(cost, f"train {model}", rate, rows) / max(1, job.gpus)

    def _ensemble_model(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.kept = 4 * sum(network.parameters for _, network in self._networks(job, size))
        return self._predict(job, cost, size.loci["valid"])

    def _predict_split(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.kept = size.loci["test"] * size.targets * 4
        return self._predict(job, cost, work("predict", size, self._settings)) / max(1, job.gpus)

    def _evaluate_model(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        cost.kept = _replicate_bytes(self._settings, size)
        return self._of_data(cost, "evaluate", size)

    def _explain_model(self, job: Job, cost: Cost) -> float:
        size, settings = self._size(job, cost), self._settings.explain
        passes, fast = PASSES[self._rates.device], ("gradcam", "hirescam", "gradient")
        of_target = sum(
            passes[method] * (settings.n_sequences if method in fast else settings.n_checked)
            for method in settings.methods
        )
        targets = self._explained_targets(size)
        cost.sources["time of a map"] = "docs/performance.md, Attribution"
        cost.kept = targets * settings.n_sequences * len(settings.methods) * 4 * size.window * 4
        return self._predict(job, cost, targets * of_target)

    def _motifs_model(self, job: Job, cost: Cost) -> float:
        size, settings = self._size(job, cost), self._settings.motifs
        sequences = self._explained_targets(size) * settings.sequences
        passes = PASSES[self._rates.device][settings.method]
        clustering = self._time(cost, "motifs", sequences)
        return clustering + self._predict(job, cost, sequences * passes)

    def _explained_targets(self, size: DataSize) -> int:
        """Number of targets: those named, the best, and the best of three groups."""
        settings = self._settings.explain
        found = len(settings.targets) + settings.best + 3 * settings.best_per_group
        return min(size.targets, found)

    def _predict_regions(self, job: Job, cost: Cost) -> float:
        cost.sources[f"regions of {job.wildcards['name']}"] = "unknown: counted as one job start"
        return 0.0

    def _score_variants(self, job: Job, cost: Cost) -> float:
        size = self._size(job, cost)
        entry = self._settings.apply.variants[job.wildcards["name"]]
        path = entry.vcf or entry.table
        variants = _lines(Path(path)) if path else 0
        cost.sources[f"variants of {job.wildcards['name']}"] = "lines of the file"
        windows = 2 * (variants + entry.background) * len(entry.offsets)
        cost.kept = variants * size.targets * 4
        return self._predict(job, cost, windows)


def _seconds(cost: Cost, name: str, rate: Rate, work: float) -> float:
    cost.sources[f"{name}: {rate.value:,.4g} {rate.unit}"] = rate.source
    return work / rate.value


def _replicate_bytes(settings: Settings, size: DataSize) -> float:
    """AUROC and AUPR of each target and replicate, 8 bytes each."""
    return 16.0 * size.targets * settings.evaluate.replicates


def _file_bytes(addresses: list[str], mirror: str | None) -> float | None:
    """Size of the first source that is a local file; None for a server."""
    try:
        found = sources(addresses, mirror)
    except InputError:
        return None
    local = [each for each in found if isinstance(each, Path) and each.is_file()]
    return local[0].stat().st_size if local else None


def _lines(path: Path) -> int:
    """Number of records of a table or VCF, plain or compressed with gzip."""
    if not path.exists():
        return 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(not line.startswith(b"#") for line in file)


def elapsed_hours(
    hours: Mapping[int, float], before: Mapping[int, set[int]], parallel: int
) -> float:
    """Elapsed time of jobs that start as soon as their inputs and a place are there.

    Parameters
    ----------
    hours : mapping
        Job → its duration.
    before : mapping
        Job → jobs that must have ended.
    parallel : int
        Number of jobs at once.

    Returns
    -------
    float
        Hours; longer jobs start first among those that are ready.

    Examples
    --------
    >>> elapsed_hours({0: 1.0, 1: 2.0, 2: 2.0}, {1: {0}, 2: {0}}, parallel=2)
    3.0
    >>> elapsed_hours({0: 1.0, 1: 2.0, 2: 2.0}, {1: {0}, 2: {0}}, parallel=1)
    5.0
    """
    graph = TopologicalSorter({job: before.get(job, set()) for job in hours})
    graph.prepare()
    now = 0.0
    running: list[tuple[float, int]] = []
    ready: list[tuple[float, int]] = []
    while graph.is_active():
        for job in graph.get_ready():
            heapq.heappush(ready, (-hours[job], job))
        while ready and len(running) < parallel:
            _, job = heapq.heappop(ready)
            heapq.heappush(running, (now + hours[job], job))
        now, job = heapq.heappop(running)
        graph.done(job)
    return now
