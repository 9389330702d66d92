"""Settings of the evaluation."""

from typing import Annotated

from pydantic import Field

from noncoding.settings.base import Count, Section, Targets


class EvaluateSettings(Section):
    """The section ``evaluate``."""

    min_positives: Count = Field(
        description="Averages are also computed over targets with at least this many positive "
        "test loci."
    )
    replicates: Annotated[Count, Field(ge=2)] = Field(
        description="Bootstrap replicates for confidence intervals and p-values."
    )
    curves: Targets = Field(
        description="Targets whose ROC and precision–recall curves are plotted, by name or index; "
        "if empty, the best, median and worst by AUPR."
    )
    genome_wide: bool = Field(
        default=False,
        description="Also predict all bins of the test chromosomes, with and without labels, and "
        "report the metrics on them (data sets of a genome only).",
    )
