"""What all data sets have in common, and files that are downloaded."""

import os
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from noncoding.settings.base import (
    ONE,
    ONE_OR_SEVERAL,
    SEVERAL,
    UNIQUE,
    Count,
    Matches,
    PathOrUrl,
    Positive,
    Section,
    problem,
)
from noncoding.settings.downloads import entries, file_name

_FILE_NAME = re.compile(r"(?!.*\.lock\.json\Z)[^{}/.\x00-\x1f\x7f][^{}/\x00-\x1f\x7f]*")
_LONGEST = 200
"""Bytes of a file's name; names of related files are longer."""
_UNPACKED = ("train.mat", "valid.mat", "test.mat")
_MADE = {"genome": (), "bundle": _UNPACKED, "simulated": (*_UNPACKED, "bundle.tar.gz")}
"""Source of a data set → files that are written beside the downloads."""


class Download(Section):
    """A published file."""

    url: Annotated[
        Annotated[PathOrUrl, ONE]
        | Annotated[list[PathOrUrl], Field(min_length=1), *UNIQUE, SEVERAL],
        ONE_OR_SEVERAL,
    ] = Field(
        description="URL (http, https or file) or path; or a list of sources of the same file, "
        "tried in this order."
    )
    sha256: Annotated[str, Matches("[0-9a-fA-F]{64}", "64 hexadecimal digits")] | None = Field(
        default=None, description="SHA-256 digest of the file in hexadecimal; null if unknown."
    )


def _entry(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


Downloaded = Annotated[
    Download, BeforeValidator(_entry, json_schema_input_type=Download | PathOrUrl)
]
"""A `Download`, or its path or URL alone."""
SOURCE = Field(description="Where the rows come from.")


class BaseDataset(Section):
    """Keys of every data set, and what must hold for all sources."""

    source: str = SOURCE
    disk_gib: Positive | None = Field(
        default=None,
        description="Disk space in GiB that all stages need, checked before a download; null to "
        "check for the download alone.",
    )
    motifs: Downloaded | None = Field(
        default=None,
        description="Motifs of the organism in MEME format: for models that start from motifs, "
        "the motif baseline and motif enrichment; null for none.",
    )
    window: Annotated[Count, Field(ge=8)] = Field(description="Length of a sequence in bp.")
    bin: Count = Field(description="Labelled bin at the centre of the window, in bp.")

    @model_validator(mode="after")
    def _check_dataset(self) -> "BaseDataset":
        if self.bin > self.window:
            raise problem(
                f"at most the window, {self.window} bp",
                "Change one of the two.",
                key="bin",
                found=f"{self.bin} bp",
            )
        # Downloads are in one folder, with what is made of them.
        taken = dict.fromkeys(_MADE[self.source], "an unpacked file")
        for key, download in entries(self.dump()).items():
            name = file_name(download)
            bad = not _FILE_NAME.fullmatch(name) or len(os.fsencode(name)) > _LONGEST
            if bad or name in taken:
                raise problem(
                    f"a unique name of at most {_LONGEST} bytes that does not begin with a dot "
                    "and holds no braces",
                    "Put a URL first whose last part is such a name, or download the file "
                    "yourself and give its path.",
                    key=f"{key}.url",
                    found=f"the file name '{name}'"
                    + ("" if bad else f", which is also that of {taken[name]}"),
                )
            taken[name] = f"the key '{key}'"
        return self
