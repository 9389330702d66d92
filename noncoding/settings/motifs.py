"""Motif discovery."""

from typing import Literal

from pydantic import Field

from noncoding.settings.base import Count, Section


class MotifsSettings(Section):
    """The section ``motifs``: discovery for the targets that ``explain`` chooses."""

    sequences: Count = Field(description="Maximum number of positive loci per target.")
    method: Literal["gradient", "integrated_gradients", "deeplift_shap", "mutagenesis"] = Field(
        description="Attribution method whose contributions are clustered."
    )
    patterns: Count = Field(
        description="Maximum number of positive patterns, and of negative patterns, per target."
    )
