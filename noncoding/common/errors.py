"""The error for invalid input, and the wording of its messages."""

import difflib
from collections.abc import Iterable

_LONGEST = {"where": 250, "found": 700, "expected": 400, "remedy": 500}
"""Maximum number of characters of each part of a message."""
_COMPARED = 5000
"""Maximum number of names that are searched for similar ones; a large table has 500,000."""


class InputError(Exception):
    """An input of the user is not valid.

    `where` is the file, row or configuration key, `remedy` a sentence. The message is one line of
    at most about 2,000 printable characters.
    """

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        self.where = str(where)
        self.found = found
        self.expected = expected
        self.remedy = remedy
        super().__init__(where, found, expected, remedy)

    def __str__(self) -> str:
        shown = {}
        for part, most in _LONGEST.items():
            text = printable(getattr(self, part))
            more = len(text) - most
            shown[part] = f"{text[:most]}… ({more:,} more characters)" if more > 0 else text
        return "{where}: found {found}; expected {expected}. {remedy}".format(**shown)


def printable(text: str, keep: str = "") -> str:
    r"""Escape the characters of a text that are not printable, except for those in `keep`.

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
    """The most similar known word, as a question; empty if none is similar.

    Examples
    --------
    >>> did_you_mean("epoch", ["epochs", "patience"])
    "Did you mean 'epochs'?"
    """
    close = difflib.get_close_matches(str(word), map(str, known), n=1)
    return f"Did you mean '{close[0]}'?" if close else ""


def some_of(
    names: Iterable[object], *, like: object = "", separator: str = ", ", shown: int = 8
) -> str:
    """The first few of many names; those most similar to `like` come first.

    Examples
    --------
    >>> some_of([f"scaffold_{number}" for number in range(2000)] + ["chr3"], like="Chr3", shown=3)
    'chr3, scaffold_0, scaffold_1 and 1,998 more'
    """
    known = list(dict.fromkeys(map(str, names)))
    close: list[str] = []
    if like:
        word = str(like).casefold()
        # Searching for similar names is slow; the word itself, in any case, is found among all.
        folded = [name.casefold() for name in known[:_COMPARED]]
        close = [word, *difflib.get_close_matches(word, folded, n=shown)]
    rank = {name: number for number, name in reversed([*enumerate(close)])}
    first = sorted(known, key=lambda name: rank.get(name.casefold(), len(close)))[:shown]
    more = len(known) - len(first)
    return separator.join(first) + (f" and {more:,} more" if more else "")
