"""Numbers in words of messages, figures and pages."""


def counted(number: int, noun: str) -> str:
    """A number with its noun, e.g. "1 target", "1,200 targets", "3 loci"."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of a noun, e.g. "targets", "loci"."""
    return f"{noun.removesuffix('us')}i" if noun.endswith("locus") else f"{noun}s"
