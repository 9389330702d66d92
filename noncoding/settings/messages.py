"""Errors of pydantic, in the words of this project."""

import math
import re
import reprlib
import sys
from collections.abc import Set
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from noncoding.common.errors import InputError, did_you_mean
from noncoding.common.redaction import redacted

_EXPECTED = {
    "string_type": "a string",
    "string_unicode": "a text of Unicode characters",
    "int_type": "an integer",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "a non-empty string",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "problem": "{expected}",
}
"""Type of an error → what was expected."""
_MISSING = {
    "missing": lambda error: str(error["loc"][-1]),
    "union_tag_not_found": lambda error: error["ctx"]["discriminator"].strip("'"),
}
"""Type of an error → the key that is missing."""
_UNKNOWN = ("extra_forbidden", "invalid_key")
_RENAMED = {
    "discover": "motifs",
    "drawn": "n_plotted",
    "checked": "n_checked",
    "loci": "n_sequences",
}
"""Keys of earlier versions → their names now."""

_SEE = "See docs/configuration.md for all keys."

_REPR = reprlib.Repr()  # of values of any depth
_REPR.maxstring = sys.maxsize  # Secrets are recognised in whole addresses only.


class _Place(NamedTuple):
    """The key that an error is about, and the field of a model that describes it."""

    keys: tuple[str, ...]
    description: str
    annotation: Any


def input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """Translate the error of the alphabetically first key; unknown keys precede missing ones."""
    found = [(_place(model, each), each) for each in error.errors(include_url=False)]
    place, first = min(found, key=lambda item: (item[0].keys, item[1]["type"] not in _UNKNOWN))
    kind, context, value = first["type"], first.get("ctx", {}), first["input"]
    where = f"configuration, key {'.'.join(place.keys)}" if place.keys else "configuration"
    # One of each missing key, or of each member of a union.
    errors = [each for other, each in found if other.keys == place.keys]
    if kind in _UNKNOWN:
        unknown, known = str(first["loc"][-1]), _bare(place.annotation).model_fields
        remedy = did_you_mean(unknown, known) or f"Remove it. {_SEE}"
        if _RENAMED.get(unknown) in known:
            remedy = f"The key is now called '{_RENAMED[unknown]}'."
        return InputError(where, f"the unknown key '{unknown}'", f"only {', '.join(known)}", remedy)
    if kind in _MISSING:
        missing = [_MISSING[each["type"]](each) for each in errors if each["type"] in _MISSING]
        names = "', '".join(missing)
        remedy = f"Add {'it' if len(missing) == 1 else 'them'}. {_SEE}"
        if kind == "union_tag_not_found":
            remedy = f"Set '{names}' to one of {', '.join(_tags(place.annotation, names))}. {_SEE}"
        return InputError(where, f"no key '{names}'", "all required keys", remedy)
    wanted = [_expected(each) for each in errors]
    if kind.endswith("_type") and _is_nullable(place.annotation):
        wanted.append("null")
    if kind == "union_tag_invalid":
        value = value[place.keys[-1]]
    remedy = (
        context.get("remedy")
        or _other_type(value, {each["type"] for each in errors})
        or (isinstance(value, str) and did_you_mean(value, _options(context)))
        or f"{place.description} {_SEE}".lstrip()
    )
    return InputError(
        where,
        context.get("found") or _shown(value),
        " or ".join(dict.fromkeys(wanted)),
        remedy,
    )


def _place(annotation: Any, error: ErrorDetails) -> _Place:
    """Follow an error through the models; its location also names members of unions."""
    location = [*error["loc"]]
    if error["type"] in ("missing", *_UNKNOWN):
        location.pop()
    if location[-1:] == ["[key]"]:
        del location[-2:]
    keys: list[str] = []
    description = ""
    for part in location:
        annotation = _bare(annotation)
        members = get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields[str(part)]
            annotation, description = field.annotation, field.description or ""
        elif get_origin(annotation) in (dict, list):
            annotation = members[-1]
        else:
            annotation = next((each for each in members if _has_tag(each, part)), None)
            continue
        keys.append(str(part))
    context = error.get("ctx", {})
    if error["type"] == "union_tag_invalid":
        keys.append(context["discriminator"].strip("'"))
    elif context.get("key"):
        keys += context["key"].split(".")
    return _Place(tuple(keys), description, annotation)


def _bare(annotation: Any) -> Any:
    """A type without annotations and ``None``."""
    while True:
        members = [each for each in get_args(annotation) if each is not NoneType]
        if get_origin(annotation) is Annotated or (_is_nullable(annotation) and len(members) == 1):
            annotation = members[0]
        else:
            return annotation


def _is_nullable(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)


def _has_tag(member: Any, tag: object) -> bool:
    """Whether a member of a union is the one that a location names."""
    if any(isinstance(each, Tag) and each.tag == tag for each in get_args(member)[1:]):
        return True
    if not (isinstance(member, type) and issubclass(member, BaseModel)):
        return False
    literals = (field.annotation for field in member.model_fields.values())
    return any(get_origin(each) is Literal and tag in get_args(each) for each in literals)


def _tags(union: Any, key: str) -> list[str]:
    """Values of the key that tells the members of a union from each other."""
    members = get_args(_bare(union))
    return [tag for member in members for tag in get_args(member.model_fields[key].annotation)]


def _options(context: dict[str, Any]) -> list[str]:
    return re.findall("'([^']*)'", context.get("expected_tags") or context.get("expected", ""))


def _expected(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] in ("literal_error", "union_tag_invalid"):
        options = ", ".join(_options(context))
        return f"one of {options}" if "," in options else options
    template = _EXPECTED.get(error["type"])
    return template.format(**context) if template else error["msg"]


def _other_type(value: Any, kinds: Set[str]) -> str:
    """How to write a value so that YAML gives it the type that is wanted."""
    if "string_type" in kinds and isinstance(value, bool | int | float | date | None):
        return "Put it in quotes."
    if isinstance(value, float) and not math.isfinite(value):
        return "Give a finite number."
    if {"int_type", "float_type"} & kinds and isinstance(value, str | float):
        try:
            number = float(value)
        except ValueError:
            return ""
        if "int_type" in kinds and number.is_integer():
            return f"Write {number:.0f}."
        if "float_type" in kinds and math.isfinite(number):
            # With a decimal point and a sign, without which YAML reads an exponent as text.
            text = yaml.dump(number).split()[0]
            return f"Write {text}, without quotes; YAML reads numbers like 1e-5 as text."
    return ""


def _shown(value: Any) -> str:
    """A value as YAML has it, without secrets."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return redacted(value.isoformat() if isinstance(value, date) else _REPR.repr(value))
