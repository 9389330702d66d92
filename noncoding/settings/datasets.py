"""Data sets: a bundle, a genome with peak files, or a simulation."""

import os
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from noncoding.common.errors import some_of
from noncoding.settings.base import (
    ONE,
    ONE_OR_SEVERAL,
    SEVERAL,
    UNIQUE,
    Count,
    LocalPath,
    Matches,
    PathOrUrl,
    Positive,
    PositiveShare,
    Section,
    Share,
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
_SOURCE = Field(description="Where the rows come from.")


class _Dataset(Section):
    """Keys of every data set, and what must hold for all sources."""

    source: str = _SOURCE
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
    def _check_dataset(self) -> "_Dataset":
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


class BundleDataset(_Dataset):
    """An archive in the format of the DeepSEA training bundle."""

    source: Literal["bundle"] = _SOURCE
    archive: Downloaded = Field(description="The archive, or the folder of its .mat files.")
    targets: LocalPath = Field(
        description="Tab-separated target table with columns index and group."
    )
    # YAML reads off as false.
    verify: Literal["strict", "warn", "off", False] = Field(
        description="What to do if the numbers of positive test rows differ from the target "
        "table's: stop, warn, or do not compare."
    )


class SimulatedLoci(Section):
    """Number of loci of each split; each is written on both strands."""

    train: Count = Field(description="Training loci.")
    valid: Count = Field(description="Validation loci.")
    test: Count = Field(description="Test loci.")


class SimulatedDataset(_Dataset):
    """Motifs planted in random sequence."""

    source: Literal["simulated"] = _SOURCE
    window: Annotated[Count, Field(ge=250)] = Field(
        description="Length of a sequence in bp; its central two fifths must hold six motifs."
    )
    loci: SimulatedLoci = Field(description="Number of loci of each split.")
    prevalence: PositiveShare = Field(description="Probability of a given motif in a window.")


class _PeakFiles(Section):
    """Peak files of one group, chosen by their names."""

    pattern: (
        Annotated[
            str,
            Matches(
                r"(?!/)[^\x00-\x1f\x7f]+",
                "a pattern of names below the archive or folder, like *.narrowPeak",
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="Files of the archive or folder to use; * and ? match any characters. null: "
        "all that end in .bed, .narrowPeak, .broadPeak or .gappedPeak, compressed or not, if they "
        "are of one kind.",
    )
    suffix: str | None = Field(
        default=None,
        description="Removed from the end of a file's name to give the target's name; null for "
        "such an ending, with the _peaks or _summits of MACS.",
    )
    group: str = Field(
        default="targets",
        description="Group of all targets of the archive or folder.",
    )


class PeakArchive(_PeakFiles):
    """Peak files in a tar archive."""

    archive: Downloaded = Field(description="Tar archive of the peak files.")


class PeakFolder(_PeakFiles):
    """Peak files in a folder."""

    folder: LocalPath = Field(description="Folder of the peak files.")


class PeakTable(Section):
    """Peak files that a table lists."""

    table: LocalPath = Field(
        description="Table with the columns path and name, and optionally group, cell_type, "
        "assay, treatment and motif."
    )


def _kind_of_peaks(value: Any) -> str | None:
    """The only one of three keys that is given, if there is only one."""
    if not isinstance(value, Mapping | Section):
        return "archive"
    given = value.model_fields_set if isinstance(value, Section) else set(value)
    kinds = given & {"archive", "folder", "table"}
    return kinds.pop() if len(kinds) == 1 else None


Peaks = Annotated[
    Annotated[PeakArchive, Tag("archive")]
    | Annotated[PeakFolder, Tag("folder")]
    | Annotated[PeakTable, Tag("table")],
    Discriminator(
        _kind_of_peaks,
        custom_error_type="problem",
        custom_error_message="expected {expected}",
        custom_error_context={"expected": "exactly one of the keys archive, folder and table"},
    ),
]

_Chromosomes = Annotated[list[str], *UNIQUE]


class Splits(Section):
    """Chromosomes of each split, as the FASTA file names them.

    A region (``IV:1-500,000``, from 1) is a part of a chromosome, and a name with ``*`` or ``?`` a
    pattern.
    """

    train: _Chromosomes | None = Field(
        default=None,
        description="Training chromosomes, as those for validation; null for all that "
        "are in no other split, but for alternative loci and decoys.",
    )
    valid: _Chromosomes = Field(
        description="Validation chromosomes: a list of names; of regions, as IV:1-500000 (from 1); "
        "or of patterns, as contig_*7."
    )
    test: _Chromosomes = Field(description="Test chromosomes, as those for validation.")
    ignore: _Chromosomes = Field(
        default_factory=list, description="Chromosomes to leave out, as those for validation."
    )

    @model_validator(mode="after")
    def _check_overlap(self) -> "Splits":
        splits = {name: set(getattr(self, name) or ()) for name in Splits.model_fields}
        for one, other in combinations(splits, 2):
            if shared := sorted(splits[one] & splits[other]):
                raise problem(
                    "each chromosome in one split",
                    "Remove it from one of them: a model must not be evaluated on training data.",
                    found=f"{some_of(shared)} in both '{one}' and '{other}'",
                )
        return self


class GenomeDataset(_Dataset):
    """A genome and peak files."""

    source: Literal["genome"] = _SOURCE
    fasta: Downloaded = Field(description="Genome in FASTA format, plain, gzip or bgzip.")
    window: Annotated[Count, Field(ge=8)] = Field(
        default=1000, description="Length of a sequence in bp."
    )
    bin: Count = Field(
        default=200,
        description="Labelled bin at the centre of the window, in bp.",
    )
    peaks: Peaks = Field(
        description="BED or narrowPeak files: {folder: PATH}, {archive: PATH} or {table: PATH}."
    )
    chromosome_map: dict[str, str] | None = Field(
        default=None,
        description="Names in the peak files → names in the genome, where they differ, in quotes; "
        "null to match chr1 with 1, I or NC_000001.11, and so on; {} for no other names.",
    )
    exclude: LocalPath | None = Field(
        default=None, description="BED file of regions that no window may overlap; null for none."
    )
    peak: Literal["overlap", "summit", "any"] = Field(
        default="overlap", description="How a peak makes a bin positive."
    )
    min_overlap: Share = Field(
        default=0.5,
        description="With peak: overlap, share of a bin that peaks must exceed; a "
        "peak of 1 bp labels its bin.",
    )
    min_peaks: Count = Field(default=1, description="Targets with fewer peaks are left out.")
    min_positives: Count = Field(
        default=1,
        description="Targets with fewer positive bins, over all splits, are left out.",
    )
    splits: Splits | None = Field(
        default=None,
        description="Chromosomes of each split; without them, the stage tile stops and proposes "
        "some.",
    )

    @model_validator(mode="after")
    def _check_flanks(self) -> "GenomeDataset":
        if (self.window - self.bin) % 2:
            raise problem(
                "an even number of flanking bp, half on each side",
                "Change one of the two by 1 bp.",
                key="window",
                found=f"{self.window} bp around bins of {self.bin} bp",
            )
        return self


Dataset = Annotated[BundleDataset | GenomeDataset | SimulatedDataset, Field(discriminator="source")]
