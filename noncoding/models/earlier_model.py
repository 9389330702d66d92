"""A trained model that another one starts from or learns from: checks before it is loaded."""

import os
from collections.abc import Mapping
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.files import read_json
from noncoding.data.one_hot import ALPHABET
from noncoding.layout import LOADED_FILES
from noncoding.models.hub import PREFIX, HubModel

ENSEMBLE = "noncoding-ensemble"
"""``model_type`` of an ensemble, as in `noncoding.models.ensemble`, which is not imported here."""
_OTHER = "Name another trained model."


def check_earlier_model(
    folder: str | os.PathLike[str], windows: Mapping[str, int], *, ensembles: bool = False
) -> None:
    """Check that models of some data sets can start from a folder, or have it as a teacher.

    Neither the weights nor the network are loaded; `load_model` checks these.

    Parameters
    ----------
    folder : path
        With the files of an exported model.
    windows : mapping of int
        Data set → its window in bp.
    ensembles : bool
        Whether it may be an ensemble.

    Raises
    ------
    InputError
        A file is missing, the model is an ensemble and must not be, or alphabet or window differ.
    """
    folder = Path(folder)
    for name in LOADED_FILES:
        if not (folder / name).is_file():
            raise InputError(
                folder,
                f"no file {name}",
                "a trained model",
                "Run the stage 'train' of that model again, or copy the whole folder again.",
            )
    path = folder / "config.json"
    config = read_json(path)
    if not isinstance(config, dict):
        raise InputError(
            path,
            "a truncated or damaged file",
            "a JSON object",
            "Run the stage 'train' of that model again, or copy the whole folder again.",
        )
    if config.get("model_type") == ENSEMBLE and not ensembles:
        raise an_ensemble(path)
    if (alphabet := config.get("alphabet")) != ALPHABET:
        raise InputError(
            path,
            f"the alphabet {alphabet!r}",
            f"{ALPHABET!r}, the order of the input channels",
            _OTHER,
        )
    for dataset, window in windows.items():
        check_window(path, config.get("length"), dataset, window)


def an_ensemble(where: object) -> InputError:
    """The error of a start from an ensemble; `where` is its file or configuration key."""
    return InputError(where, "an ensemble", "a single network", "Start from one of its members.")


def check_pinned(name: str) -> None:
    """Raise an `InputError` if a model of the hub is not named by its full commit hash.

    Other models are not checked. `name` is the value of ``start_from`` or ``teacher``.
    """
    if name.startswith(PREFIX) and not (model := HubModel.parse(name)).is_pinned:
        raise InputError(
            name,
            f"the revision {model.revision}, a branch or tag, whose content may change during a "
            "run",
            f"{PREFIX}{model.repository}@COMMIT, with all 40 digits of the commit hash",
            "The page of the model lists its commits, and `noncoding models "
            f"{model}` shows that of this revision.",
        )


def check_window(where: object, found: object, dataset: str, window: int) -> None:
    """Raise an `InputError` if the window of an earlier model is not that of a data set.

    `where` is its file or configuration key; both windows in bp.
    """
    if found != window:
        raise InputError(
            where,
            f"a model for windows of {found} bp",
            f"{window} bp, the window of the data set '{dataset}' that it is trained on",
            f"Set datasets.{dataset}.window to {found}, or name another model.",
        )
