"""Check for duplicate YAML keys, and restore the types of command-line values."""

import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import yaml

from noncoding.common.errors import InputError


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse duplicate keys in YAML or JSON files; Snakemake would use the last one.

    Missing and invalid files are left to Snakemake.

    Raises
    ------
    InputError
        Names the file, the key and both lines.
    """
    for path in filter(os.path.isfile, paths):
        # JSON, unlike YAML, may be indented with tabs.
        text = Path(path).read_text(encoding="utf-8", errors="replace").replace("\t", " ")
        for key, first, second in _repeated(text):
            raise InputError(
                f"{path}, line {second.line + 1}",
                f"the key '{key}' a second time (first in line {first.line + 1})",
                "each key once",
                "Join the two, or remove one.",
            )


def retype(config: MutableMapping[str, Any], arguments: Iterable[str]) -> None:
    """Give nested values of ``--config`` their types in YAML, in place.

    Snakemake reads ``--config 'train={epochs: 3}'`` as the text "3". The arguments, like
    ``train={epochs: 3}``, are already applied to `config`.

    Raises
    ------
    InputError
        A key is given twice.
    """
    for argument in arguments:
        key, _, text = argument.partition("=")
        for repeated, _, _ in _repeated(text):
            raise InputError(
                f"--config {key}", f"the key '{repeated}' twice", "each key once", "Remove one."
            )
        try:
            as_text = yaml.load(text, Loader=yaml.CBaseLoader)
            _retype(config, key, as_text, yaml.load(text, Loader=yaml.CSafeLoader))
        except yaml.YAMLError:
            continue  # Snakemake reads it as a text.


def _retype(holder: MutableMapping[str, Any], key: str, as_text: Any, meant: Any) -> None:
    """Change values in place; missing keys belong to another workflow."""
    if isinstance(meant, Mapping) and isinstance(holder.get(key), MutableMapping):
        for inner, value in zip(as_text, meant.values(), strict=False):
            _retype(holder[key], inner, as_text[inner], value)
    elif key in holder and holder[key] == as_text:
        holder[key] = meant


def _repeated(text: str) -> Iterator[tuple[str, yaml.Mark, yaml.Mark]]:
    """Duplicate keys of a mapping in a YAML text, with both positions."""
    try:
        waiting = [yaml.compose(text, Loader=yaml.CSafeLoader)]
    except yaml.YAMLError:
        return
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:  # an anchor, which may be circular
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            marks: dict[tuple[str, str], yaml.Mark] = {}
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    known = (key.tag, key.value)  # 1 and '1' differ
                    if known in marks:
                        yield key.value, marks[known], key.start_mark
                    marks[known] = key.start_mark
                waiting.append(value)
