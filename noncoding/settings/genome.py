"""Data sets of a genome and peak files."""

from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from noncoding.common.errors import some_of
from noncoding.settings.base import (
    AS_WRITTEN,
    ONE,
    ONE_OR_SEVERAL,
    SEVERAL,
    UNIQUE,
    Count,
    CountOrZero,
    LocalPath,
    Matches,
    NonEmpty,
    PositiveOrZero,
    Section,
    Seed,
    Share,
    problem,
)
from noncoding.settings.base_dataset import SOURCE, BaseDataset, Downloaded


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
    """Peak files that a table lists, by path or URL."""

    table: LocalPath = Field(
        description="Tab-separated table with a row per target: path or url, and optionally "
        "sha256, name, group, cell_type, assay, treatment, motif, index and others."
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


class SplitRegions(Section):
    """Regions of a split, from a file."""

    bed: Downloaded = Field(description="BED file: each line a region.")


class SplitRows(Section):
    """Number of loci of a split."""

    rows: Count = Field(
        description="Number of loci, in the order of rows, on chromosomes that no other split "
        "names: first those for training, then those for validation."
    )


def _by_key(plain: str, **models: type[Section]) -> Discriminator:
    """Choose one of several sections by the key that only it has; `plain` for other values."""

    def kind(value: Any) -> str:
        if isinstance(value, Mapping):
            return next((key for key in models if key in value), next(iter(models)))
        return next((key for key, model in models.items() if isinstance(value, model)), plain)

    return Discriminator(kind)


_KIND_OF_SPLIT = _by_key("names", bed=SplitRegions, rows=SplitRows)
_Regions = Annotated[
    Annotated[_Chromosomes, Tag("names")] | Annotated[SplitRegions, Tag("bed")],
    _KIND_OF_SPLIT,
]
_RegionsOrRows = Annotated[
    Annotated[_Chromosomes, Tag("names")]
    | Annotated[SplitRegions, Tag("bed")]
    | Annotated[SplitRows, Tag("rows")],
    _KIND_OF_SPLIT,
]


class Splits(Section):
    """Chromosomes or regions of each split, as the FASTA file names them.

    A region (``IV:1-500,000``, from 1) is a part of a chromosome, and a name with ``*`` or ``?`` a
    pattern.
    """

    train: _RegionsOrRows | None = Field(
        default=None,
        description="Training chromosomes, as those for validation; null for all that "
        "are in no other split, but for alternative loci and decoys.",
    )
    valid: _RegionsOrRows = Field(
        description="Validation chromosomes: a list of names; of regions, as IV:1-500000 (from 1); "
        "or of patterns, as contig_*7. {bed: PATH_OR_URL} for the regions of a BED file; {rows: N} "
        "(also for training) for N loci in the order of rows."
    )
    test: _Regions = Field(description="Test chromosomes, as those for validation.")
    ignore: _Chromosomes = Field(
        default_factory=list, description="Chromosomes to leave out, as those for validation."
    )
    guard: CountOrZero = Field(
        default=0,
        description="Least distance in bp between a window and the regions of another split: "
        "closer windows of training, and of validation to test, are left out.",
    )

    @property
    def by_rows(self) -> bool:
        """Whether training and validation are numbers of loci."""
        return isinstance(self.train, SplitRows)

    @model_validator(mode="after")
    def _check_overlap(self) -> "Splits":
        given = {name: getattr(self, name) for name in ("train", "valid", "test", "ignore")}
        splits = {name: set(own) for name, own in given.items() if isinstance(own, list)}
        for one, other in combinations(splits, 2):
            if shared := sorted(splits[one] & splits[other]):
                raise problem(
                    "each chromosome in one split",
                    "Remove it from one of them: a model must not be evaluated on training data.",
                    found=f"{some_of(shared)} in both '{one}' and '{other}'",
                )
        if isinstance(self.train, SplitRows) != isinstance(self.valid, SplitRows):
            raise problem(
                "numbers of loci for both 'train' and 'valid', or for neither",
                "Give {rows: N} for both.",
                found="{rows: N} for one of them",
            )
        return self


class BinsOfGroups(Section):
    """Bins that are positive for a target of some groups."""

    group: Annotated[
        Annotated[NonEmpty, ONE] | Annotated[list[NonEmpty], Field(min_length=1), *UNIQUE, SEVERAL],
        ONE_OR_SEVERAL,
    ] = Field(description="Group of targets, or several.")

    @property
    def groups(self) -> list[str]:
        """The groups as a list."""
        return [self.group] if isinstance(self.group, str) else self.group


class BinsOfFile(Section):
    """Bins that a file lists."""

    file: Downloaded = Field(
        description="BED file, or a tar archive of one: its intervals begin and end at multiples "
        "of the bin."
    )


Bins = Annotated[
    Annotated[Literal["any_target", "all"], Tag("rule")]
    | Annotated[BinsOfGroups, Tag("group")]
    | Annotated[BinsOfFile, Tag("file")],
    _by_key("rule", group=BinsOfGroups, file=BinsOfFile),
]


class Negatives(Section):
    """Bins without any label that are added to a data set."""

    train: PositiveOrZero = Field(
        default=0, description="Negatives per labelled bin of the training split."
    )
    valid: PositiveOrZero = Field(
        default=0, description="Negatives per labelled bin of the validation split."
    )
    test: PositiveOrZero = Field(
        default=0, description="Negatives per labelled bin of the test split."
    )
    match: Annotated[list[Literal["gc", "repeats"]], *UNIQUE] = Field(
        default=["gc"],
        description="What the windows of negatives share with those of labelled bins, in "
        "distribution: gc (GC content), repeats (share of soft-masked bases, in lower case).",
    )
    avoid: Literal["windows", "bins"] = Field(
        default="windows",
        description="What the window of a negative must not overlap: the windows of labelled bins, "
        "or only the bins.",
    )
    seed: Seed = Field(default=1, description="Random seed of the draw.")


_ShareOrOne = Annotated[float, Field(ge=0, le=1), *AS_WRITTEN]


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str | Mapping | Section) else value


class GenomeDataset(BaseDataset):
    """A genome and peak files."""

    source: Literal["genome"] = SOURCE
    fasta: Downloaded = Field(
        description="Genome in FASTA format, plain or compressed with gzip (bgzip), bzip2 or xz."
    )
    window: Annotated[Count, Field(ge=8)] = Field(
        default=1000, description="Length of a sequence in bp."
    )
    bin: Count = Field(
        default=200,
        description="Labelled bin at the centre of the window, in bp.",
    )
    peaks: Peaks = Field(
        description="BED, narrowPeak, broadPeak or gappedPeak files: {folder: PATH}, "
        "{archive: PATH} or {table: PATH}."
    )
    bins: Bins = Field(
        default="any_target",
        description="Bins that become rows: any_target (positive for a target), {group: GROUP} "
        "(positive for a target of the group; DeepSEA: TF), {file: PATH_OR_URL} (those of a BED "
        "file, in its order) or all.",
    )
    stride: Count | None = Field(
        default=None,
        description="Distance in bp between the bins of training rows, a divisor of the bin: with "
        "50, bins of 200 bp at four offsets become training rows. null: bins do not overlap. "
        "Validation and test rows do not change.",
    )
    negatives: Negatives | None = Field(
        default=None, description="Bins without a label that are added; null for none."
    )
    chromosome_map: dict[str, str] | None = Field(
        default=None,
        description="Names in the peak files → names in the genome, where they differ, in quotes; "
        "null to match chr1 with 1, I or NC_000001.11, and so on; {} for no other names.",
    )
    exclude: (
        Annotated[
            list[Downloaded],
            BeforeValidator(_list, json_schema_input_type=Downloaded | list[Downloaded]),
        ]
        | None
    ) = Field(
        default=None,
        description="BED files (plain or compressed, path or URL) of regions that no window may "
        "overlap: one or a list; null for none.",
    )
    max_n: _ShareOrOne = Field(
        default=1.0, description="Largest share of unknown bases (N) in a window."
    )
    peak: Literal["overlap", "summit", "any"] = Field(
        default="overlap", description="How a peak makes a bin positive."
    )
    min_overlap: Share = Field(
        default=0.5,
        description="With peak: overlap, share of a bin that peaks must exceed; a "
        "peak of 1 bp labels its bin.",
    )
    min_peaks: CountOrZero = Field(default=1, description="Targets with fewer peaks are left out.")
    min_positives: CountOrZero = Field(
        default=1,
        description="Targets with fewer positive bins, over all splits, are left out.",
    )
    order: Literal["genome", "name"] = Field(
        default="genome",
        description="Order of chromosomes in the stores: that of the FASTA file, or by name as "
        "text (chr1, chr10, …, chr2). With bins of a file, the order of the file holds.",
    )
    strands: Literal["forward", "both"] = Field(
        default="forward",
        description="Strands of each split: forward, or both (the reverse complements of all loci "
        "follow, as in DeepSEA).",
    )
    # YAML reads off as false.
    verify: Literal["rebuilt", "off", False] = Field(
        default="off",
        description="rebuilt: compare the numbers of positive test rows with the column "
        "test_positives of the table of peak files, and report the differences.",
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

    @model_validator(mode="after")
    def _check_stride(self) -> "GenomeDataset":
        if self.stride is None:
            return self
        if self.bin % self.stride:
            raise problem(
                f"a divisor of the bin, {self.bin} bp",
                "Change one of the two.",
                key="stride",
                found=f"{self.stride} bp",
            )
        if isinstance(self.bins, BinsOfFile) or (self.splits and self.splits.by_rows):
            raise problem(
                "bins that are chosen by their labels, and splits of chromosomes or regions",
                "Remove stride: a file of bins and splits of {rows: N} say which bins are rows.",
                key="stride",
                found="a stride with bins of a file or splits of {rows: N}",
            )
        if self.negatives:
            raise problem(
                "no negatives, whose windows may overlap those of training rows between the bins",
                "Remove one of the two.",
                key="stride",
                found="a stride with negatives",
            )
        return self

    @model_validator(mode="after")
    def _check_verify(self) -> "GenomeDataset":
        if self.verify != "rebuilt":
            return self
        if not isinstance(self.peaks, PeakTable):
            raise problem(
                "a table of peak files with the column test_positives",
                "Give peaks.table, or set verify to off.",
                key="verify",
                found="'rebuilt' without peaks.table",
            )
        if self.min_peaks or self.min_positives:
            raise problem(
                "0 for min_peaks and min_positives, so that all targets are compared",
                "Set both to 0.",
                key="verify",
                found="'rebuilt' with targets that may be left out",
            )
        return self

    @model_validator(mode="after")
    def _check_negatives(self) -> "GenomeDataset":
        if self.negatives and self.bins == "all":
            raise problem(
                "bins that are chosen by their labels",
                "Remove negatives: with 'bins: all', bins without a label are rows, too.",
                key="negatives",
                found="negatives with 'bins: all'",
            )
        if self.negatives and self.splits and self.splits.by_rows:
            raise problem(
                "splits of chromosomes or regions, on which negatives are drawn",
                "Name chromosomes or give BED files for 'train' and 'valid'.",
                key="negatives",
                found="negatives with splits of {rows: N}",
            )
        return self
