"""What all settings share: their base class, bounded numbers, names and paths."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    Tag,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_LARGEST = 2**31 - 1
"""The libraries do not accept larger integers."""


class Section(BaseModel):
    """Settings that cannot be changed, with no unknown key and no converted value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def dump(self) -> dict[str, Any]:
        """The keys that were given, as plain values of YAML and JSON."""
        return self.model_dump(exclude_unset=True)


def problem(
    expected: str, remedy: str = "", *, key: str = "", found: str = ""
) -> PydanticCustomError:
    """An error of a validator, which becomes an `InputError`.

    `key` is below the value that is validated; `found` is that value by default.
    """
    context = {"key": key, "found": found, "expected": expected, "remedy": remedy}
    return PydanticCustomError("problem", "expected {expected}. {remedy}", context)


@dataclass(frozen=True)
class Matches:
    """The whole text must match a regular expression that Python and JavaScript share."""

    pattern: str
    expected: str

    def check(self, text: str) -> str:
        """Return a text that matches."""
        if not re.fullmatch(self.pattern, text):
            raise problem(self.expected)
        return text

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(of))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"pattern": f"^{self.pattern}$"}


def _checked(value: float, check: ValidatorFunctionWrapHandler) -> float:
    check(value)
    return value


def _unique(values: Sequence[object]) -> Sequence[object]:
    if len(set(values)) < len(values):
        raise problem("no entry twice")
    return values


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise problem("an odd number")
    return value


def _expand_home(text: str) -> str:
    scheme, path = ("file://", text[7:]) if text.startswith("file://~") else ("", text)
    if not path.startswith("~"):
        return text
    expanded = os.path.expanduser(path)  # noqa: PTH111 – it may follow a URL's scheme
    if expanded == path:
        raise problem(
            "a path from the home folder of a user of this machine",
            "Write the absolute path, or put './' before it where '~' is part of a name.",
        )
    return scheme + expanded


Count = Annotated[int, Field(ge=1, le=_LARGEST)]
CountOrZero = Annotated[int, Field(ge=0, le=_LARGEST)]
Integer = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
Odd = Annotated[Count, AfterValidator(_odd)]
# An integer is not converted, so that records hold what the file does.
AS_WRITTEN = (WrapValidator(_checked), PlainSerializer(lambda value: value))
Positive = Annotated[float, Field(gt=0), *AS_WRITTEN]
PositiveOrZero = Annotated[float, Field(ge=0), *AS_WRITTEN]
Share = Annotated[float, Field(ge=0, lt=1), *AS_WRITTEN]
PositiveShare = Annotated[float, Field(gt=0, lt=1), *AS_WRITTEN]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Counts = Annotated[list[Count], Field(min_length=1)]
UNIQUE = (AfterValidator(_unique), Field(json_schema_extra={"uniqueItems": True}))
"""Annotations of a list without duplicates."""
ONE, SEVERAL = Tag("one"), Tag("several")
ONE_OR_SEVERAL = Discriminator(lambda value: "several" if isinstance(value, list) else "one")
"""Annotation of a union of a value (`ONE`) and a list of them (`SEVERAL`)."""
NonEmpty = Annotated[str, Field(min_length=1)]
Name = Annotated[
    str,
    Matches(
        r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}",
        "a name of at most 100 letters, digits, '_', '-' and '.', the first a letter or digit",
    ),
]
HOME_EXPANDED = (AfterValidator(_expand_home), Field(json_schema_extra={"format": "path"}))
"""Annotations of a path that may begin at a home folder."""
LocalPath = Annotated[
    str,
    Matches(r"[^\x00-\x1f\x7f]+", "a non-empty string without control characters"),
    *HOME_EXPANDED,
]
PathOrUrl = Annotated[LocalPath, Field(json_schema_extra={"format": "path or URL"})]
Targets = list[str | int]
"""Targets by name or index."""
InputMethod = Literal["gradient", "integrated_gradients", "deeplift_shap", "mutagenesis"]
"""Attribution methods whose attributions are those of the input bases."""
