"""Configurations that ship with the pipeline, and how one is laid over another."""

import copy
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def merged(under, over):
    """One configuration laid over another, as Snakemake does it."""
    result = copy.deepcopy(under)
    for key, value in over.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if nested else value
    return result


DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
YEAST = merged(
    DEFAULT, yaml.safe_load((ROOT / "configs" / "yeast.yaml").read_text(encoding="utf-8"))
)
