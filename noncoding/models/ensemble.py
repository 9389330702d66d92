"""Ensembles: several trained networks whose predictions are averaged."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedConfig

from .danq import DanQ, DanQConfig
from .deepsea import DeepSea, DeepSeaConfig
from .hybrid import Hybrid, HybridConfig
from .network import Network, config_of

_NETWORKS: dict[str, tuple[type[Network], Any]] = {
    config.model_type: (network, config)
    for network, config in ((Hybrid, HybridConfig), (DeepSea, DeepSeaConfig), (DanQ, DanQConfig))
}
"""Networks that can be members, by ``model_type``."""


class EnsembleConfig(PreTrainedConfig):
    """The configurations of the members, and what is averaged.

    Parameters
    ----------
    length, targets : int
        Window in bp, and number of logits; those of every member.
    members : list of dict
        Configuration of each member, with its ``model_type``.
    average : str
        ``probabilities`` or ``logits``.
    """

    model_type = "noncoding-ensemble"

    def __init__(
        self,
        length: int = 1000,
        targets: int = 1,
        members: list[dict[str, Any]] | None = None,
        average: str = "probabilities",
        **kwargs: Any,
    ) -> None:
        self.length = length
        self.targets = targets
        self.members = members or []
        self.average = average
        super().__init__(**kwargs)


class Ensemble(Network):
    """Several networks with the same window and targets.

    It is neither trained nor explained as a whole, so only its members have the properties of a
    single network, such as `gradcam_layer`.

    Raises
    ------
    ValueError
        There are no members, a member is of an unknown type or has another window or number of
        targets, or ``average`` is unknown.
    """

    config_class = EnsembleConfig

    def __init__(self, config: EnsembleConfig) -> None:
        super().__init__(config)
        if not config.members:
            raise ValueError("an ensemble without members")
        if config.average not in ("probabilities", "logits"):
            raise ValueError(f"average must be probabilities or logits, not {config.average!r}")
        self.members = nn.ModuleList(map(_untrained, config.members))
        for name in ("length", "targets"):
            own = getattr(config, name)
            found = {getattr(member.config, name) for member in self.networks}
            if found != {own}:
                raise ValueError(f"members of {name} {sorted(found)} in an ensemble of {own}")
        self.post_init()

    @classmethod
    def of(cls, members: list[Network], average: str) -> "Ensemble":
        """An ensemble in evaluation mode, with copies of the weights of trained networks."""
        configs = [member.config.to_dict() for member in members]
        ensemble = cls(
            EnsembleConfig(
                length=configs[0]["length"],
                targets=configs[0]["targets"],
                # 'auto_map' names the code files of a single network's exported folder.
                members=[{k: v for k, v in each.items() if k != "auto_map"} for each in configs],
                average=average,
            )
        )
        for own, member in zip(ensemble.networks, members, strict=True):
            own.load_state_dict(member.state_dict())
        return ensemble.eval()

    @property
    def networks(self) -> list[Network]:
        """The members."""
        return [cast(Network, member) for member in self.members]

    def mean_logits(self, sequences: torch.Tensor) -> torch.Tensor:
        """Mean of the members' logits, shape=(batch, targets)."""
        return torch.stack([member(sequences) for member in self.members]).mean(dim=0)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length).

        The logit of the members' mean probability, or the mean of their logits.
        """
        if self.config.average == "logits":
            return self.mean_logits(sequences)
        return logit_of_mean_probability(
            torch.stack([member(sequences) for member in self.members])
        )


def logit_of_mean_probability(logits: torch.Tensor) -> torch.Tensor:
    """``logit(mean(sigmoid(logits)))`` over the first axis, of the same type.

    The difference of ``log Σ σ(x)`` and ``log Σ σ(−x)`` is finite for all finite logits, in
    contrast to the logit of a probability that was rounded to 0 or 1. It is computed in at least
    float32.
    """
    exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
    found = F.logsigmoid(exact).logsumexp(dim=0) - F.logsigmoid(-exact).logsumexp(dim=0)
    return found.to(logits.dtype)


def _untrained(config: dict[str, Any]) -> Network:
    """A network with random initial weights."""
    kind = config.get("model_type")
    if kind not in _NETWORKS:
        raise ValueError(f"a member of type {kind!r}, not one of {', '.join(_NETWORKS)}")
    network, config_class = _NETWORKS[kind]
    return network(config_of(config_class, config))
