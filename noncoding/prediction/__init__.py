"""Apply a trained model: sequences, regions of a genome, and variants.

The names below are loaded when they are used, so that this package starts fast.
"""

from importlib import import_module
from typing import Any

_API = {
    "load_model": "noncoding.models.export",
    "predict_sequences": "noncoding.prediction.regions",
    "predict_regions": "noncoding.stages.predict_regions",
    "RegionOptions": "noncoding.settings.apply",
    "score_variants": "noncoding.stages.score_variants",
    "VariantOptions": "noncoding.settings.apply",
}
"""Name → the module that defines it."""

__all__ = [*_API]  # noqa: PLE0604 – all are strings


def __getattr__(name: str) -> Any:
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_API[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_API]
