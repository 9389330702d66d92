"""Data sets: a bundle, a genome with peak files, or a simulation."""

from typing import Annotated, Literal

from pydantic import Field

from noncoding.settings.base import Count, LocalPath, PositiveShare, Section
from noncoding.settings.base_dataset import SOURCE, BaseDataset, Downloaded
from noncoding.settings.genome import GenomeDataset


class BundleDataset(BaseDataset):
    """An archive in the format of the DeepSEA training bundle."""

    source: Literal["bundle"] = SOURCE
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


class SimulatedDataset(BaseDataset):
    """Motifs planted in random sequence."""

    source: Literal["simulated"] = SOURCE
    window: Annotated[Count, Field(ge=250)] = Field(
        description="Length of a sequence in bp; its central two fifths must hold six motifs."
    )
    loci: SimulatedLoci = Field(description="Number of loci of each split.")
    prevalence: PositiveShare = Field(description="Probability of a given motif in a window.")


Dataset = Annotated[BundleDataset | GenomeDataset | SimulatedDataset, Field(discriminator="source")]
