"""Networks by name.

A new architecture is a module in this package, a line here and in `noncoding.models.ensemble`, its
settings in `noncoding.settings.models` and its file in `noncoding.layout.MODEL_CODE`; then run
``python docs/reference.py``.
"""

from typing import Any

from noncoding.common.errors import InputError
from noncoding.models.danq import DanQ, DanQConfig
from noncoding.models.deepsea import DeepSea, DeepSeaConfig
from noncoding.models.ensemble import Ensemble, EnsembleConfig
from noncoding.models.hybrid import Hybrid, HybridConfig
from noncoding.models.network import Network

ARCHITECTURES: dict[str, tuple[type[Network], Any]] = {
    "hybrid": (Hybrid, HybridConfig),
    "deepsea": (DeepSea, DeepSeaConfig),
    "danq": (DanQ, DanQConfig),
}
NETWORKS: dict[str, tuple[type[Network], Any]] = {
    config.model_type: (network, config) for network, config in ARCHITECTURES.values()
} | {EnsembleConfig.model_type: (Ensemble, EnsembleConfig)}
"""``model_type`` of a configuration → its classes, also of ensembles, which are not trained."""


_OF_WEIGHTS = ("motifs", "teacher", "train")


def create_model(architecture: str, *, length: int, targets: int, **sizes: Any) -> Network:
    """A network with random initial weights.

    Parameters
    ----------
    architecture : str
        Key of `ARCHITECTURES`.
    length, targets : int
        Window in bp, and number of logits.
    **sizes
        Sizes of the architecture, as under ``models:`` in config.yaml; ``motifs``,
        ``teacher`` and ``train``, which concern the weights, are ignored.

    Raises
    ------
    InputError
        The sizes are not compatible with the window or with each other.
    """
    sizes = {key: size for key, size in sizes.items() if key not in _OF_WEIGHTS}
    model, config = ARCHITECTURES[architecture]
    try:
        return model(config(length=length, targets=targets, **sizes))
    except ValueError as error:
        raise InputError(
            f"configuration, a model of the architecture '{architecture}'",
            str(error),
            f"sizes that fit each other and a window of {length} bp",
            "Change the model's sizes, or run it on another data set.",
        ) from error
