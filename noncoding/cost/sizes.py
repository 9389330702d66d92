"""Rows, targets and bytes of data sets and models."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noncoding.common.errors import InputError
from noncoding.data.genome.peak_table import read_peak_table
from noncoding.data.simulation import TARGETS
from noncoding.data.store import Store
from noncoding.data.targets import read_targets
from noncoding.layout import FOLDERS, SPLITS
from noncoding.settings.config import Settings
from noncoding.settings.datasets import Dataset
from noncoding.settings.genome import GenomeDataset, PeakTable
from noncoding.settings.models import FineTunedModel

if TYPE_CHECKING:
    from noncoding.models.network import Network

OFFICIAL = {"train": 4_400_000, "valid": 8_000, "test": 455_024}
"""Rows of the DeepSEA data set, both strands."""
_OFFICIAL_TARGETS = 919


@dataclass(frozen=True)
class DataSize:
    """Size of a data set.

    Attributes
    ----------
    rows, loci : dict
        Split → number; with both strands, two rows are of one locus.
    targets, window : int
    source : str
        Where the numbers come from.
    """

    rows: dict[str, int]
    loci: dict[str, int]
    targets: int
    window: int
    source: str

    def mat_bytes(self, split: str) -> int:
        """Bytes of an unpacked .mat file without compression: a byte per value."""
        return self.rows[split] * (4 * self.window + self.targets)

    def store_bytes(self, split: str) -> int:
        """Bytes of a store: a bit per value."""
        return self.rows[split] * (4 * -(-self.window // 8) + -(-self.targets // 8))


def given_sizes(options: Iterable[str], settings: Settings) -> dict[str, DataSize]:
    """Sizes of data sets in the form NAME=TRAIN,VALID,TEST,TARGETS (rows of each split).

    Raises
    ------
    InputError
        Another form, or an unknown data set.
    """
    found = {}
    for option in options:
        name, _, text = option.partition("=")
        numbers = [int(part) for part in text.split(",") if part.strip().isdecimal()]
        if name not in settings.datasets or len(numbers) != 4 or min(numbers) < 1:
            raise InputError(
                "--size",
                repr(option),
                f"NAME=TRAIN,VALID,TEST,TARGETS with a NAME of {', '.join(settings.datasets)}",
                "For example, --size yeast=17000,2000,1700,256.",
            )
        *rows, targets = numbers
        of_splits = dict(zip(SPLITS, rows, strict=True))
        dataset = settings.datasets[name]
        found[name] = _size(of_splits, targets, dataset, _both_strands(dataset), "--size")
    return found


def size_of(name: str, dataset: Dataset, results: Path) -> DataSize:
    """Size of a data set: of its stores, if they are there, or of the configuration.

    Parameters
    ----------
    name : str
    dataset : Dataset
    results : path
        Folder of all results.

    Raises
    ------
    InputError
        The rows of a genome are known only when its peaks have been read.
    """
    folder = results / FOLDERS["tile"].format(dataset=name)
    if all((folder / f"{split}.h5").exists() for split in SPLITS):
        rows, loci, targets = {}, {}, 0
        for split in SPLITS:
            with Store(folder / f"{split}.h5") as store:
                rows[split], loci[split] = store.rows, store.loci_count
                targets = len(store.targets)
        return DataSize(rows, loci, targets, dataset.window, f"stores in {folder}")
    if dataset.source == "simulated":
        rows = {split: 2 * getattr(dataset.loci, split) for split in SPLITS}
        return _size(rows, len(TARGETS), dataset, True, "configuration")
    if isinstance(dataset, GenomeDataset):
        if isinstance(dataset.peaks, PeakTable) and dataset.splits and dataset.splits.by_rows:
            targets = len(read_peak_table(dataset.peaks.table))
            if targets == _OFFICIAL_TARGETS:
                return _size(OFFICIAL, targets, dataset, True, "published DeepSEA data set")
        raise InputError(
            f"data set '{name}'",
            "a genome, whose rows are known only when the peaks have been read",
            "the number of rows of each split and of targets",
            f"Give --size {name}=TRAIN,VALID,TEST,TARGETS; or run the stage 'tile' first, which "
            "needs no GPU: the numbers are then read from its stores.",
        )
    targets = len(read_targets(dataset.targets))
    return _size(OFFICIAL, targets, dataset, True, "assumed: rows of the DeepSEA bundle")


def work(stage: str, size: DataSize, settings: Settings) -> float:
    """Amount of work of a stage in the unit of its rate, such as rows or loci × targets."""
    match stage:
        case "simulate" | "tile" | "describe":
            return sum(size.rows.values())
        case "baseline":
            return min(settings.baseline.rows, size.loci["train"]) * size.targets
        case "predict":
            return size.loci["test"]
        case "evaluate":
            return size.loci["test"] * size.targets * (1 + settings.evaluate.replicates)
    raise ValueError(stage)


def _both_strands(dataset: Dataset) -> bool:
    return not isinstance(dataset, GenomeDataset) or dataset.strands == "both"


def _size(
    rows: Mapping[str, int], targets: int, dataset: Dataset, both: bool, source: str
) -> DataSize:
    loci = {split: count // 2 if both else count for split, count in rows.items()}
    return DataSize(dict(rows), loci, targets, dataset.window, source)


@dataclass(frozen=True)
class ModelSize:
    """Parameters, and billions of operations of a forward pass of one sequence."""

    parameters: int
    operations: float


@cache
def _built(architecture: str, sizes: str, window: int, targets: int) -> ModelSize:
    """Built in memory: torch counts parameters and operations."""
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    from noncoding.models.architectures import create_model  # noqa: PLC0415

    network: Network = create_model(
        architecture, length=window, targets=targets, **json.loads(sizes)
    ).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 4, window))
    parameters = sum(each.numel() for each in network.parameters())
    return ModelSize(parameters, counter.get_total_flops() / 1e9)


def model_size(settings: Settings, model: str, size: DataSize) -> ModelSize:
    """Size of a model on a data set.

    A model that starts from one of the configuration has its size; one that starts from any other
    is taken for ``compact``.
    """
    entry = settings.models[model]
    seen = {model}
    while isinstance(entry, FineTunedModel):
        earlier, *_ = _models_in(entry.start_from, settings)
        if earlier in seen:
            break
        seen.add(earlier)
        entry = settings.models[earlier]
    sizes: dict[str, Any] = entry.dump()
    architecture = sizes.pop("architecture")
    return _built(architecture, json.dumps(sizes, sort_keys=True), size.window, size.targets)


def teacher_operations(settings: Settings, model: str, size: DataSize) -> float:
    """Billions of operations of a forward pass of the teacher of a model; 0 without one."""
    teacher = getattr(settings.models[model], "teacher", None)
    if not teacher:
        return 0.0
    models = _models_in(teacher, settings)
    return sum(model_size(settings, each, size).operations for each in models)


def _models_in(folder: str, settings: Settings) -> list[str]:
    """The model that a folder is of, the members of an ensemble, or ``compact`` for any other."""
    ensembles, trained = settings.ensembles(), settings.trained_models()
    for part in reversed(Path(folder).parts):
        if part in ensembles:
            return [trained[member].model for member in ensembles[part].members]
        if (name := part.partition("-seed")[0]) in settings.models:
            return [name]
    return ["compact"]
