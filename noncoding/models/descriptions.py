"""What the files of a trained model say about it, without loading the network."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import read_json
from noncoding.data.targets import check_same_targets, read_targets
from noncoding.layout import FOLDERS, SUMMARY, TARGETS


@dataclass(frozen=True)
class ModelDescription:
    """A trained model.

    Attributes
    ----------
    folder : Path
    targets : pandas.DataFrame
        The target table, one row per logit. If the model was evaluated, with the columns
        ``test_positives`` (test loci), ``test_auprc`` and ``test_auroc``.
    config, training : dict
        Contents of ``config.json`` and ``training.json``.
    test : dict
        Averages over the targets on the test split: ``all`` of ``evaluation/summary.json``, with
        the number of its loci. Empty if the model was not evaluated.
    """

    folder: Path
    targets: pd.DataFrame
    config: dict[str, Any]
    training: dict[str, Any]
    test: dict[str, Any]

    def validation(self, metric: str) -> float | None:
        """Mean over targets of "AUPR" or "AUROC" on the validation split."""
        found = self.training.get("validation", {}).get(f"{metric}, mean over targets")
        return found if isinstance(found, float) else None


def describe(folder: str | os.PathLike[str]) -> ModelDescription:
    """Read the files of a trained model.

    The evaluation is looked for within the folder, as in models that come with the package, and
    beside it, as in the results of the pipeline.

    Raises
    ------
    InputError
        A file is missing or damaged.
    """
    folder = Path(folder)
    read = {}
    for name in ("config.json", "training.json"):
        read[name] = read_json(folder / name)
        if not isinstance(read[name], dict):
            raise InputError(
                folder / name,
                "a missing, truncated or damaged file",
                "a JSON object",
                "Run the stage 'train' again, or copy the whole folder again.",
            )
    targets, test = read_targets(folder / TARGETS), {}
    evaluation = Path(FOLDERS["evaluate"]).name
    for found in (folder / evaluation, folder.parent / evaluation):
        match read_json(found / SUMMARY):
            case {"all": {"auprc": _, "auroc": _, "averaged": _} as averages, "loci": loci}:
                test = averages | {"loci": loci}
                metrics = read_targets(found / TARGETS)
                remedy = "Run the stage 'evaluate' again, or delete the folder."
                check_same_targets(found / TARGETS, metrics, targets, "the model", remedy)
                targets = targets.assign(
                    test_positives=metrics["test_positives"],
                    test_auprc=metrics["auprc"],
                    test_auroc=metrics["auroc"],
                )
                break
    return ModelDescription(folder, targets, read["config.json"], read["training.json"], test)
