"""Entries of the configuration that are like another one, with some keys changed."""

from collections.abc import Mapping
from typing import Any

from noncoding.common.errors import InputError, did_you_mean, some_of

INHERITED = ("datasets", "models")
"""Sections with entries that may name another one."""
LIKE = "like"
_KINDS = ("architecture", "source", "kind")
"""A section with another value for one of these keys has other keys."""


def with_inherited(config: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the key `like` of data sets and models by the keys of the entry that it names.

    Sections are merged key by key; other values, lists among them, are replaced. A section of
    another kind, such as ``sequence: {kind: none}``, replaces that of the other entry.

    Parameters
    ----------
    config : mapping
        A configuration, with all overlays applied. It is not changed.

    Raises
    ------
    InputError
        The other entry does not exist, or entries name each other.

    Examples
    --------
    >>> models = {"small": {"resnet": {"kernel": 3, "groups": 1}}}
    >>> models["wide"] = {"like": "small", "resnet": {"kernel": 7}}
    >>> with_inherited({"models": models})["models"]["wide"]
    {'resnet': {'kernel': 7, 'groups': 1}}
    """
    return dict(config) | {
        section: {name: _complete(section, config[section], [name]) for name in config[section]}
        for section in INHERITED
        if isinstance(config.get(section), Mapping)
    }


def merged(under: Any, over: Any) -> Any:
    """Lay a section over another one of the same kind, key by key.

    Other values, and sections of another kind, are replaced.
    """
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    if any(kind in over and over[kind] != under.get(kind) for kind in _KINDS):
        return dict(over)
    return dict(under) | {
        key: merged(under[key], value) if key in under else value for key, value in over.items()
    }


def _complete(section: str, entries: Mapping[str, Any], names: list[str]) -> Any:
    """The last of the named entries, of which each is like the next one."""
    entry = entries[names[-1]]
    if not isinstance(entry, Mapping) or LIKE not in entry:
        return entry
    other, key = entry[LIKE], f"configuration, key {section}.{names[-1]}.{LIKE}"
    if not isinstance(other, str) or other not in entries:
        raise InputError(
            key,
            repr(other),
            f"one of {some_of(entries, like=str(other))}",
            did_you_mean(str(other), entries) or f"Name an entry of '{section}'.",
        )
    if other in names:
        raise InputError(
            key,
            f"'{other}', which is like '{names[-1]}' itself",
            "an entry that does not depend on this one",
            f"Write out the keys of one of them, without '{LIKE}'.",
        )
    own = {name: value for name, value in entry.items() if name != LIKE}
    return merged(_complete(section, entries, [*names, other]), own)
