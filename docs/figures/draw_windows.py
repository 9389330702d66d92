"""Draw the windows of both alleles of variants, as the library cuts them.

python docs/figures/draw_windows.py
"""

from pathlib import Path
from types import SimpleNamespace

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from noncoding.common.plot_style import COLOURS, saved_figure
from noncoding.data.variants.alleles import Allele, trimmed, windows, with_repeat

FOLDER = Path(__file__).parent
LENGTH, BIN = 12, 4
GENOME = b"CTGATCGACTAGGTCATGCTAACGTC"
REPEAT = b"CTGATCGACTAAAACATGCTAACGTC"
# Title, genome, start, REF and ALT.
VARIANTS = (
    ("SNV: T → C", GENOME, 13, b"T", b"C"),
    ("Insertion of GGG: T → TGGG", GENOME, 13, b"T", b"TGGG"),
    ("Deletion of ATG: CATG → C", GENOME, 14, b"CATG", b"C"),
    ("Deletion in a repeat: TA → T, the same as AA → A", REPEAT, 9, b"TA", b"T"),
)
ALLELE, ADDED, OTHER = COLOURS[1], COLOURS[4], "0.95"


class Bases:
    """A genome of one chromosome, whose letters are given."""

    def __init__(self, letters: bytes) -> None:
        self._letters = letters
        self.genome = SimpleNamespace(lengths={"": len(letters)})

    def letters(self, _chromosome: str, start: int, end: int) -> bytes:
        """Letters of an interval."""
        return self._letters[start:end]


POSITIONS = Bases(bytes(range(len(GENOME))))
"""A genome whose letters are their positions, to see which of them a window contains."""


def cut(allele: Allele) -> list[list[int | None]]:
    """Positions in the window of each strand; None for the bases of the allele."""
    own = 255
    marked = allele._replace(bases=bytes([own]) * len(allele.bases))
    both = windows(POSITIONS, marked, LENGTH)
    return [[None if each == own else each for each in window] for window in both]


def draw_row(
    axes: Axes, y: float, label: str, letters: bytes, colours: list[str], x: float = 0
) -> None:
    """A row of letters in boxes."""
    axes.text(-4, y, label, ha="right", va="center")
    for column, (letter, colour) in enumerate(zip(letters.decode(), colours, strict=True)):
        box = Rectangle((x + column - 0.5, y - 0.4), 1, 0.8, facecolor=colour, edgecolor="0.6")
        axes.add_patch(box)
        axes.text(x + column, y, letter, ha="center", va="center", family="monospace")


def draw(axes: Axes, title: str, letters: bytes, start: int, ref: bytes, alt: bytes) -> None:
    """The genome, and below it the windows of each strand."""
    first, ref, alt = trimmed(start, ref, alt)
    end = first + len(ref)
    alleles = with_repeat(Bases(letters), Allele("", first, end, ref), Allele("", first, end, alt))
    strands = list(zip(*map(cut, alleles), strict=True))
    shown = range(min(filter(None, strands[0][0])) - 3, max(filter(None, strands[0][0])) + 4)
    within = range(alleles[0].start, alleles[0].end)
    colours = [ALLELE if position in within else "white" for position in shown]
    draw_row(axes, 0, "genome", bytes(letters[each] for each in shown), colours, x=-3)
    for strand, (arrow, pair) in enumerate(zip("→←", strands, strict=True)):
        for row, (name, allele, own, other) in enumerate(
            zip(("REF", "ALT"), alleles, pair, reversed(pair), strict=True)
        ):
            bases = iter(allele.bases)
            text = bytes(next(bases) if each is None else letters[each] for each in own)
            colours = [
                ALLELE if each is None else OTHER if each in other else ADDED for each in own
            ]
            y = -1.3 - 2.2 * strand - row
            draw_row(axes, y, f"{'+−'[strand]} strand {arrow}  {name}", text, colours)
    left, right = (LENGTH - BIN) / 2 - 0.5, (LENGTH + BIN) / 2 - 0.5
    for x in (left, right):
        axes.plot([x, x], [-5.1, -0.8], color="black", lw=1, ls=":")
    axes.set(xlim=(-10, LENGTH + 3), ylim=(-5.3, 0.6), aspect="equal")
    axes.set_title(title)
    axes.axis("off")


def main() -> None:
    """Write the figure."""
    with saved_figure(FOLDER / "windows.png", height=4.0, width=11) as figure:
        for axes, variant in zip(figure.subplots(2, 2).flat, VARIANTS, strict=True):
            draw(axes, *variant)
        figure.legend(
            handles=[
                Patch(facecolor=ALLELE, edgecolor="0.6", label="allele"),
                Patch(facecolor=OTHER, edgecolor="0.6", label="flanks of both alleles"),
                Patch(facecolor=ADDED, edgecolor="0.6", label="flank of this allele only"),
                Line2D([], [], color="black", lw=1, ls=":", label="ends of the labelled bin"),
            ],
            loc="outside lower center",
            ncols=4,
        )


if __name__ == "__main__":
    main()
