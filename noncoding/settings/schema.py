"""The schema of the configuration: what is wrong, in words, and which values are paths."""

import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from noncoding.common.errors import InputError, did_you_mean
from noncoding.common.secrets import redacted

_LARGEST = sys.float_info.max
_WORDS = {
    "type": "the type {}",
    "enum": "one of {}",
    "const": "{}",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "uniqueItems": "no entry twice",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minLength": "a text that is not empty",
    "maxLength": "at most {} characters",
}


def _is_integer(_: Any, value: Any) -> bool:
    # As in Python, 2.0 is no integer: some stages would accept it, and others would not.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_: Any, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -_LARGEST <= value <= _LARGEST  # neither NaN nor infinite


def _is_format(_: Any, name: str, value: Any, __: Any) -> Iterator[ValidationError]:
    """An error for each path that begins at a home folder: no fault, but to be expanded."""
    if name == "path" and isinstance(value, str) and _HOME.match(value):
        yield ValidationError("a path that begins at a home folder")


_HOME = re.compile(r"(file://)?(~.*)", re.DOTALL)
_Validator = validators.extend(
    Draft202012Validator,
    {"format": _is_format},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    ),
)


def check_values(config: Mapping[str, Any], schema: str | os.PathLike[str]) -> None:
    """Refuse what the schema does not allow.

    Parameters
    ----------
    config : mapping
    schema : path
        JSON schema, as YAML.

    Raises
    ------
    InputError
        Names the first key by the alphabet, and what to do.
    """
    try:
        found = _errors(config, schema)
        wrong = [error for error in found if error.validator != "format"]
        if wrong:
            raise _message(_deepest(wrong[0]))
    except RecursionError:
        raise InputError(
            "configuration",
            "circular references, or values that are nested too deeply",
            "few levels",
            "Look for anchors (& and *) in its files.",
        ) from None


def expand_home(config: MutableMapping[str, Any], schema: str | os.PathLike[str]) -> None:
    """Write ``~`` out in each path of a checked configuration, which is changed.

    Parameters
    ----------
    config : mapping
    schema : path
        JSON schema, as YAML. Paths, also those that may be a URL, have the format ``path``.

    Raises
    ------
    InputError
        There is no such user.
    """
    for error in _errors(config, schema):
        *above, last = error.absolute_path
        holder: Any = config
        for key in above:
            holder = holder[key]
        start, path = _HOME.match(holder[last]).groups()  # type: ignore[union-attr]
        expanded = os.path.expanduser(path)  # noqa: PTH111 – what is after a URL's scheme
        if expanded == path:
            raise InputError(
                _where(error),
                holder[last],
                "a path from the home folder of a user of this machine",
                "Write it from the root, or put './' before it where '~' is part of a name.",
            )
        holder[last] = (start or "") + expanded


@cache
def _validator(schema: Path) -> Any:
    # By libyaml: each start of Snakemake waits for this.
    return _Validator(yaml.load(schema.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def _errors(config: Mapping[str, Any], schema: str | os.PathLike[str]) -> list[ValidationError]:
    errors = _validator(Path(schema)).iter_errors(dict(config))
    return sorted(errors, key=lambda error: [str(part) for part in error.path])


def _deepest(error: ValidationError) -> ValidationError:
    """The error inside alternatives that says most."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _where(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    return f"configuration, key {key}"


def _message(error: ValidationError) -> InputError:
    where = _where(error)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    description = schema.get("description")
    about = f"{description} " if description else ""
    allowed = schema.get("properties", {})
    instance: Any = error.instance
    demanded: Any = error.validator_value
    if error.validator == "additionalProperties":
        unknown = next(k for k in instance if k not in allowed)
        return InputError(
            where,
            f"the unknown key '{unknown}'",
            f"only {', '.join(allowed)}",
            did_you_mean(unknown, allowed) or "Remove it, or see config.yaml for the known keys.",
        )
    if error.validator == "required":
        missing = next(k for k in demanded if k not in instance)
        return InputError(where, f"no key '{missing}'", "this key", "Add it; see config.yaml.")
    if error.validator == "oneOf" or error.schema is False:
        return InputError(where, _shown(instance), "one way to say it", f"{about}Keep one.")
    remedy = _other_type(instance, demanded) if error.validator == "type" else ""
    expected = schema.get("expected") or _expected(str(error.validator), demanded, error.message)
    return InputError(where, _shown(instance), expected, about + (remedy or "See config.yaml."))


def _expected(validator: str, demanded: Any, otherwise: str) -> str:
    if isinstance(demanded, list):
        demanded = ", ".join(map(str, demanded))
    return _WORDS[validator].format(demanded) if validator in _WORDS else otherwise


def _other_type(value: Any, wanted: str | list[str]) -> str:
    """How to write a value so that YAML gives it the type that is wanted."""
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if "string" in wanted and isinstance(value, bool | int | float | date | None):
        return "Put it in quotes."
    if isinstance(value, float) and not math.isfinite(value):
        return "Give a finite number."
    if {"integer", "number"} & {*wanted} and isinstance(value, str | float):
        try:
            number = float(value)
        except ValueError:
            return ""
        if "integer" in wanted and number.is_integer():
            return f"Write {number:.0f}."
        if "number" in wanted and math.isfinite(number):
            return f"Write {number}, without quotes; before an e, YAML wants a decimal point."
    return ""


def _shown(value: Any) -> str:
    """A value as YAML has it, without secrets."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return redacted(value.isoformat() if isinstance(value, date) else repr(value))
