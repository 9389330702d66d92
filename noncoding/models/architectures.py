"""Networks by name. A new architecture is a module beside this one and a line here."""

from typing import Any

from noncoding.common.errors import InputError
from noncoding.models.danq import DanQ, DanQConfig
from noncoding.models.deepsea import DeepSea, DeepSeaConfig
from noncoding.models.hybrid import Hybrid, HybridConfig
from noncoding.models.network import Network

ARCHITECTURES: dict[str, tuple[type[Network], Any]] = {
    "hybrid": (Hybrid, HybridConfig),
    "deepsea": (DeepSea, DeepSeaConfig),
    "danq": (DanQ, DanQConfig),
}


def create_model(architecture: str, *, length: int, targets: int, **sizes: Any) -> Network:
    """A new network with fresh weights.

    Parameters
    ----------
    architecture : str
        Key of `ARCHITECTURES`.
    length : int
        Window in bp.
    targets : int
        Number of logits.
    **sizes
        The architecture's own sizes, as under ``models:`` in config.yaml; ``motifs``
        and ``train``, which say how the weights come about, are passed over.

    Raises
    ------
    InputError
        The sizes do not fit the window or each other.
    """
    sizes = {key: size for key, size in sizes.items() if key not in ("motifs", "train")}
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
