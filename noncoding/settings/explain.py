"""Attribution: targets, sequences and methods."""

from typing import Annotated, Literal

from pydantic import Field

from noncoding.settings.base import (
    ONE,
    ONE_OR_SEVERAL,
    SEVERAL,
    UNIQUE,
    Count,
    CountOrZero,
    InputMethod,
    LocalPath,
    Section,
    Targets,
)


class TargetSelection(Section):
    """The targets that are explained."""

    targets: Targets = Field(description="Targets to explain, by name or index.")
    best: CountOrZero = Field(description="Number of further targets, those of highest AUPR.")
    best_per_group: CountOrZero = Field(description="As `best`, but for each group.")


class ExplainSettings(TargetSelection):
    """The section ``explain``."""

    sequences: Annotated[
        Annotated[LocalPath, ONE] | Annotated[list[str | int], Field(min_length=1), SEVERAL],
        ONE_OR_SEVERAL,
    ] = Field(
        description="`positives`, a list of test loci (rows or regions), or the path of a FASTA "
        "file."
    )
    methods: Annotated[
        list[Literal["gradcam", "hirescam", InputMethod]], Field(min_length=1), *UNIQUE
    ] = Field(description="Attribution methods.")
    layer: str | None = Field(
        description="Layer for Grad-CAM and HiResCAM, by name; null for the model's default."
    )
    n_plotted: Count = Field(description="Sequences per target to plot.")
    n_checked: Count = Field(description="Sequences per target on which all methods are validated.")
    n_sequences: Count = Field(
        description="Sequences per target that the fast methods explain and average over."
    )
