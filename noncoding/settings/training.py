"""What a configuration trains, and by which settings."""

from collections.abc import Mapping
from typing import Any

CHANGE_NO_RESULT = ("checkpoint_minutes", "on_out_of_memory", "wandb")
"""Keys of ``train:`` that do not decide the weights: edited, nothing is trained anew."""


def training_of(config: Mapping[str, Any], model: str) -> dict[str, Any]:
    """What decides the weights of a model of ``train:``, with the model's own laid over it.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    model : str
        Key of ``models:``.
    """
    settings = {**config["train"], **config["models"][model].get("train", {})}
    return {key: value for key, value in settings.items() if key not in CHANGE_NO_RESULT}


def trained_models(config: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """What is trained on each data set: its name → the model's name and the seed.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    """
    seeds = config["run"]["seeds"]
    if not seeds:
        return {model: (model, config["seed"]) for model in config["run"]["models"]}
    return {
        f"{model}-seed{seed}": (model, seed) for model in config["run"]["models"] for seed in seeds
    }
