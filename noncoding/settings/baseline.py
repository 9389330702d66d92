"""Settings of the baselines."""

from typing import Annotated

from pydantic import Field

from noncoding.settings.base import Count, CountOrZero, Section


class BaselineSettings(Section):
    """The section ``baseline``."""

    kmer: Annotated[int, Field(ge=1, le=8)] = Field(description="Length of the k-mers.")
    rows: Count = Field(description="Maximum number of training loci of the k-mer regression.")
    flank: CountOrZero = Field(
        description="Flanking bp on each side of the bin for the motif scan and the separate "
        "k-mer counts of the bin."
    )
