"""Settings of motif discovery."""

from pydantic import Field

from noncoding.settings.base import Count, InputMethod, Section


class MotifsSettings(Section):
    """The section ``motifs``: discovery for the targets that ``explain`` chooses."""

    sequences: Count = Field(description="Maximum number of positive loci per target.")
    method: InputMethod = Field(description="Attribution method whose contributions are clustered.")
    patterns: Count = Field(
        description="Maximum number of positive patterns, and of negative patterns, per target."
    )
