"""The subcommand ``variants``."""


def variants() -> None:
    """Score variants."""
