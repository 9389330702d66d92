"""The one error that is written for the person who runs the pipeline, and the words for it."""

import difflib
from collections.abc import Iterable

_LONGEST = {"where": 250, "found": 700, "expected": 400, "remedy": 500}
"""Characters of each part of a message that are shown."""
_FEW = 8
_COMPARED = 5000
"""Names that are compared letter by letter with a word; a large table has half a million."""


class InputError(Exception):
    """Something that a person gave is not what the pipeline can work with.

    Parameters
    ----------
    where : str
        The file, row or configuration key.
    found : str
        What stands there.
    expected : str
        What should stand there.
    remedy : str
        What to do about it, as a sentence.

    Notes
    -----
    As a text, it is one line of printable characters, of some 2,000 at most.
    """

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        self.where = str(where)
        self.found = found
        self.expected = expected
        self.remedy = remedy
        super().__init__(where, found, expected, remedy)

    def __str__(self) -> str:
        where, found, expected, remedy = (
            _shortened(printable(getattr(self, part)), most) for part, most in _LONGEST.items()
        )
        return f"{where}: found {found}; expected {expected}. {remedy}"


def printable(text: str, keep: str = "") -> str:
    r"""A text whose characters that do not print, and may control a terminal, are escaped.

    Parameters
    ----------
    text, keep : str
        Characters of `keep` stay as they are.

    Examples
    --------
    >>> print(printable("chr1\x1b[31m\n"))
    chr1\x1b[31m\n
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in keep else each.encode("unicode_escape").decode()
        for each in text
    )


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """The known word that is closest, as a question; empty if none is close.

    Examples
    --------
    >>> did_you_mean("epoch", ["epochs", "patience"])
    "Did you mean 'epochs'?"
    """
    close = difflib.get_close_matches(str(word), map(str, known), n=1)
    return f"Did you mean '{close[0]}'?" if close else ""


def some_of(
    names: Iterable[object], *, like: object = "", separator: str = ", ", shown: int = _FEW
) -> str:
    """The first few of many names, those that are closest to a word before all others.

    Examples
    --------
    >>> some_of([f"scaffold_{number}" for number in range(2000)] + ["chr3"], like="Chr3", shown=3)
    'chr3, scaffold_0, scaffold_1 and 1,998 more'
    """
    known = list(dict.fromkeys(map(str, names)))
    close: list[str] = []
    if like:
        word = str(like).casefold()
        # The same word in other case is looked for among all names; a similar one takes longer.
        folded = [name.casefold() for name in known[:_COMPARED]]
        close = [word, *difflib.get_close_matches(word, folded, n=shown)]
    place = {name: number for number, name in reversed([*enumerate(close)])}
    first = sorted(known, key=lambda name: place.get(name.casefold(), len(close)))[:shown]
    more = len(known) - len(first)
    return separator.join(first) + (f" and {more:,} more" if more else "")


def _shortened(text: str, most: int) -> str:
    more = len(text) - most
    return text if more <= 0 else f"{text[:most]}… ({more:,} more characters)"
