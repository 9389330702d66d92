"""Networks by name. A new architecture is a module beside this one and a line here."""

from typing import Any

from noncoding.models.hybrid import Hybrid, HybridConfig
from noncoding.models.network import Network

ARCHITECTURES = {"hybrid": (Hybrid, HybridConfig)}


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
        The architecture's own sizes, as under ``models:`` in config.yaml.
    """
    model, config = ARCHITECTURES[architecture]
    return model(config(length=length, targets=targets, **sizes))
