"""Measured rates from which hours are estimated, and where they come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from noncoding.common.errors import InputError, did_you_mean

Device = Literal["cpu", "cuda"]


@dataclass(frozen=True)
class Rate:
    """Units of work per second, and the origin of the number."""

    value: float
    unit: str
    source: str


_TRAIN = "docs/performance.md, Training"
_GPU = "docs/performance.md, On a GPU (NVIDIA H200)"
_MAPS = "docs/performance.md, Attribution"
_ASSUMED = "assumption, not measured"
_DEMO = "extrapolated from make demo on 2 cores"

REFERENCE_MODELS = {"hybrid": 3.778, "compact": 0.140, "deepsea": 1.099, "danq": 0.155}
"""Models of ``config.yaml`` with measured rates → billions of operations of a forward pass of one
sequence of 1000 bp with 919 targets, as torch counts them, which omits most of those of an LSTM."""

_ANY_DEVICE = {
    "download": Rate(12.5e6, "bytes/s", _ASSUMED),
    "simulate": Rate(3700, "rows/s", _DEMO),
    "unpack": Rate(300e6, "bytes/s", _ASSUMED),
    "convert": Rate(21.64e9 / 23.2, "bytes/s", "docs/performance.md, Conversion"),
    "tile": Rate(5.1e6 / 224, "rows/s", "docs/performance.md, Bins and labels of a genome"),
    "describe": Rate(404_828, "rows/s", "docs/performance.md, Loading (unpacked)"),
    "baseline": Rate(8_400, "rows × targets/s", _DEMO),
    "evaluate": Rate(
        919 * 455_024 / 9.2,
        "loci × targets/s",
        "docs/performance.md, Evaluation; a bootstrap replicate is assumed to take as long",
    ),
    "motifs": Rate(12.5, "sequences × targets/s", f"{_DEMO}, clustering only"),
    "job": Rate(1 / 10, "starts/s", _ASSUMED),
}
UNITS = {name: rate.unit for name, rate in _ANY_DEVICE.items()}
_OF_DEVICE: dict[Device, dict[str, Rate]] = {
    "cpu": {
        "train hybrid": Rate(6.1, "rows/s", f"{_TRAIN} (2 cores, fp32)"),
        "train compact": Rate(338, "rows/s", f"{_TRAIN}, On a CPU (2 cores, bf16)"),
        "train deepsea": Rate(17.8, "rows/s", f"{_TRAIN} (2 cores, fp32)"),
        "train danq": Rate(37.4, "rows/s", f"{_TRAIN} (2 cores, fp32)"),
        "predict hybrid": Rate(16.6, "loci/s", f"{_MAPS}, forward pass (2 cores)"),
        "predict compact": Rate(447, "loci/s", f"{_MAPS}, forward pass (2 cores)"),
    },
    "cuda": {
        "train hybrid": Rate(
            2 * 7_638 / 3, "rows/s", f"{_GPU}: a third of the sequences of prediction"
        ),
        "train compact": Rate(30_968, "rows/s", _GPU),
        "train deepsea": Rate(29_371, "rows/s", _GPU),
        "train danq": Rate(14_528, "rows/s", _GPU),
        "predict hybrid": Rate(7_638, "loci/s", _GPU),
        "predict compact": Rate(39_318, "loci/s", _GPU),
    },
}
PASSES: dict[Device, dict[str, float]] = {
    "cpu": {
        "gradcam": 2.58,
        "hirescam": 2.76,
        "gradient": 2.53,
        "integrated_gradients": 241,
        "deeplift_shap": 184,
        "mutagenesis": 3280,
    },
    "cuda": {
        "gradcam": 7638 / 477,
        "hirescam": 7638 / 702,
        "gradient": 7638 / 679,
        "integrated_gradients": 7638 / 7.9,
        "deeplift_shap": 7638 / 7.9,
        "mutagenesis": 7638 / 1.05,
    },
}
"""Device → attribution method → time of a map, in forward passes of both strands
(docs/performance.md, the larger one of both networks; on a GPU, DeepLIFT/SHAP is assumed to take as
long as integrated gradients)."""

_MAXIMUM = {"train": "train compact", "predict": "predict compact"}
"""On a GPU, a small network is limited by the host: no network is taken to be faster than these."""


class Rates:
    """Rates on one device: those of a user, then measured ones.

    Parameters
    ----------
    device : str
        ``cpu`` for the two cores of the documentation, or ``cuda`` for its GPU.
    given : mapping, optional
        Name → `Rate`: names of `names`, or ``train MODEL`` and ``predict MODEL``.
    """

    def __init__(self, device: Device, given: Mapping[str, Rate] | None = None) -> None:
        self.device = device
        self._rates = _ANY_DEVICE | _OF_DEVICE[device]
        self._given = dict(given or {})

    def of(self, name: str) -> Rate:
        """The rate of a kind of work."""
        return self._given.get(name) or self._rates[name]

    def of_network(self, work: Literal["train", "predict"], model: str, operations: float) -> Rate:
        """The rate of training or prediction with a network.

        Parameters
        ----------
        work : str
        model : str
            Its name in the configuration.
        operations : float
            Billions of operations of a forward pass of one sequence. A model with a measured rate
            has that rate, in inverse proportion to its operations in the measurement; others
            have that of ``hybrid``.
        """
        if given := self._given.get(f"{work} {model}"):
            return given
        measured = f"{work} {model}"
        like = model if measured in self._rates else "hybrid"
        rate = self._rates[f"{work} {like}"]
        ratio = REFERENCE_MODELS[like] / operations if operations else 1.0
        if abs(ratio - 1) < 0.01:
            return rate
        value = rate.value * ratio
        if self.device == "cuda":
            value = min(value, max(rate.value, self._rates[_MAXIMUM[work]].value))
        source = f"{rate.value:,g} of {like}, by number of operations: {rate.source}"
        return Rate(value, rate.unit, source)


def given_rates(options: Iterable[str], models: Iterable[str]) -> dict[str, Rate]:
    """Rates in the form NAME=VALUE.

    Parameters
    ----------
    options : iterable of str
        Such as ``download=50e6`` or ``train:hybrid=5000``.
    models : iterable of str
        Names of the models of the configuration.

    Raises
    ------
    InputError
        An unknown name, or no positive number.
    """
    units = dict(UNITS)
    for model in models:
        units |= {f"train:{model}": "rows/s", f"predict:{model}": "loci/s"}
    found = {}
    for option in options:
        name, _, text = option.partition("=")
        if name not in units:
            raise InputError(
                "--rate",
                repr(option),
                f"NAME=VALUE with a NAME of {', '.join(units)}",
                did_you_mean(name, units) or "Correct the name.",
            )
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise InputError(
                "--rate", repr(option), f"a positive number of {units[name]}", "Correct the number."
            )
        found[name.replace(":", " ")] = Rate(value, units[name], "--rate")
    return found
