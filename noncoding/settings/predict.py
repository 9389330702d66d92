"""Settings of predictions."""

from typing import Literal

from pydantic import Field

from noncoding.settings.base import Count, Section


class PredictSettings(Section):
    """The section ``predict``."""

    batch_size: Count = Field(description="Loci per step.")
    devices: Count | Literal["auto"] = Field(
        description="GPUs of a machine that share the loci; auto: all GPUs."
    )
