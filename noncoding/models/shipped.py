"""Find trained models: those that come with the package, folders, and models of the hub."""

import os
from pathlib import Path

from noncoding.common.errors import InputError, did_you_mean, some_of
from noncoding.models.hub import PREFIX, SPELLING, HubModel, hub_folder

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
"""Folder of the models that come with the package, by name."""


def shipped_models() -> dict[str, Path]:
    """The folder of each model that comes with the package, by its name."""
    return {path.parent.name: path.parent for path in sorted(SHIPPED.glob("*/config.json"))}


def local_models(folder: str | os.PathLike[str]) -> list[Path]:
    """The folders of trained models at any depth below a folder, sorted."""
    found = Path(folder).rglob("training.json")
    return sorted(path.parent for path in found if path.with_name("config.json").is_file())


def model_folder(model: str | os.PathLike[str]) -> Path:
    """The folder of a trained model, by its path, the name of a shipped model, or that of the hub.

    The stage ``train`` writes the folder ``model`` below that of its results; the latter is
    accepted, too. A model of the hub is spelled as in `noncoding.models.hub.SPELLING`; its files
    are downloaded at the first use.

    Raises
    ------
    InputError
        There is none of them, or the model of the hub cannot be used, see `hub_folder`.
    """
    if str(model).startswith(PREFIX):
        return hub_folder(HubModel.parse(str(model)))
    folder, shipped = Path(model), shipped_models()
    for found in (folder, folder / "model"):
        if (found / "config.json").is_file():
            return found
    if str(model) in shipped:
        return shipped[str(model)]
    raise InputError(
        model,
        "no file config.json in this folder" if folder.is_dir() else "no such folder or model",
        f"a folder made by the stage 'train', one of {some_of(shipped)}, or {SPELLING}",
        did_you_mean(model, shipped) or "Run `noncoding models` for a list.",
    )
