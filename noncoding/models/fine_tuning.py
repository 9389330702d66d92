"""Start a network from the weights of a trained one."""

import copy
import inspect
import logging
import os
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import torch

from noncoding.common.files import sha256
from noncoding.data.targets import corresponding_targets, same_targets
from noncoding.models.architectures import ARCHITECTURES
from noncoding.models.earlier_model import ENSEMBLE, an_ensemble
from noncoding.models.export import ExportedModel, load_model
from noncoding.models.network import Network
from noncoding.settings.models import FineTunedModel

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """What a fine-tuned model starts from, and which parts are trained at which rate.

    Attributes
    ----------
    model : ExportedModel
    weights_sha256 : str
    freeze : str
        Key of `FROZEN_PARTS`.
    rates : dict of float
        Part → its learning rate relative to the peak.
    """

    model: ExportedModel
    weights_sha256: str
    freeze: str
    rates: dict[str, float]

    def record(self) -> dict[str, Any]:
        """What decides the weights, as JSON."""
        return {
            "weights_sha256": self.weights_sha256,
            "freeze": self.freeze,
            "rates": self.rates,
        }


class Started(NamedTuple):
    """A network with the weights of an earlier one.

    Attributes
    ----------
    network : Network
        In training mode.
    initialised : list of int
        Targets whose weights are random, because the earlier model does not have them.
    """

    network: Network
    initialised: list[int]


def read_start(folder: str | os.PathLike[str], settings: FineTunedModel) -> Start:
    """Load the model that a fine-tuned one starts from.

    Raises
    ------
    InputError
        As in `load_model`, or the model is an ensemble.
    """
    model = load_model(folder)
    if model.network.config.model_type == ENSEMBLE:
        raise an_ensemble(model.folder)
    digest = sha256(model.folder / "model.safetensors")
    return Start(model, digest, settings.freeze, settings.rates.model_dump())


def start_from_model(earlier: ExportedModel, targets: pd.DataFrame) -> Started:
    """A network for other targets, with the weights of an earlier one.

    If names or order of the targets differ, the network has a new head: the weights of targets that
    the earlier model has (`corresponding_targets`) are copied, and those of others are random. All
    weights that belong to no target are copied.

    Parameters
    ----------
    earlier : ExportedModel
        It does not change.
    targets : pandas.DataFrame
        The target table.
    """
    config = copy.deepcopy(earlier.network.config)
    config.targets = len(targets)
    network = type(earlier.network)(config)
    if same_targets(earlier.targets, targets):
        network.load_state_dict(earlier.network.state_dict())
        log.info("all weights are loaded: the targets are those of the earlier model")
        return Started(network.train(), [])
    copied = corresponding_targets(targets, earlier.targets)
    kept, sources = (torch.tensor([*rows], dtype=torch.long) for rows in (copied, copied.values()))
    axes = target_axes(earlier.network)
    state, loaded = network.state_dict(), earlier.network.state_dict()
    for name, value in loaded.items():
        if (axis := axes.get(name)) is None:
            state[name] = value
        else:
            rows = value.index_select(axis, sources)
            state[name] = state[name].index_copy(axis, kept, rows)
    network.load_state_dict(state)
    initialised = [row for row in range(len(targets)) if row not in copied]
    log.info(
        "new head: of %d targets, the weights of %d are copied from the earlier model by name, and "
        "those of %d are initialised; all other weights are loaded",
        len(targets),
        len(copied),
        len(initialised),
    )
    return Started(network.train(), initialised)


def set_prevalence_of(network: Network, prevalence: torch.Tensor, targets: list[int]) -> None:
    """Initialise the biases of some targets (see `Network.set_prevalence`) and keep the others.

    Parameters
    ----------
    network : Network
    prevalence : torch.Tensor, shape=(all targets,)
    targets : list of int
    """
    biases = network.output_layer.bias.detach().clone()
    network.set_prevalence(prevalence)
    with torch.no_grad():
        biases[targets] = network.output_layer.bias[targets]
        network.output_layer.bias.copy_(biases)


def target_axes(network: Network) -> dict[str, int]:
    """Tensors of the state that belong to targets, by name, with the axis of the targets.

    These are the tensors whose shape depends on the number of targets.
    """
    config = copy.deepcopy(network.config)
    config.targets += 1
    with torch.device("meta"):
        other = type(network)(config).state_dict()
    axes = {}
    for name, value in network.state_dict().items():
        pairs = enumerate(zip(value.shape, other[name].shape, strict=True))
        different = [axis for axis, (size, other_size) in pairs if size != other_size]
        if different:
            [axes[name]] = different
    return axes


def sizes_of(earlier: ExportedModel) -> dict[str, Any]:
    """The sizes of a trained model as under ``models`` in the configuration."""
    if sizes := earlier.training.get("sizes"):
        return dict(sizes)
    config = earlier.network.config
    [name] = [name for name, kind in ARCHITECTURES.items() if isinstance(config, kind[1])]
    keys = inspect.signature(type(config)).parameters.keys() - {"length", "targets", "kwargs"}
    return {"architecture": name} | {key: getattr(config, key) for key in sorted(keys)}
