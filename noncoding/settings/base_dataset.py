"""What all data sets have in common, and files that are downloaded."""

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
from noncoding.settings.downloads import (
    FILE_NAME,
    entries,
    file_name,
    name_problem,
    names_made,
)


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
        taken = names_made(self.source)
        for key, download in entries(self.dump()).items():
            name = file_name(download)
            if found := name_problem(name, taken):
                raise problem(
                    FILE_NAME,
                    "Put a URL first whose last part is such a name, or download the file "
                    "yourself and give its path.",
                    key=f"{key}.url",
                    found=found,
                )
            taken[name] = f"the key '{key}'"
        return self
