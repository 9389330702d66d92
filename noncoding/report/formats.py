"""Numbers as they stand on the page: everywhere the same rounding, and no NaN."""

import math
from collections.abc import Mapping
from typing import Any

MISSING = "—"
"""What stands where there is no number."""


def decimals(value: float | None, digits: int = 3) -> str:
    """A metric or share, e.g. "0.935"."""
    return MISSING if _missing(value) else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """A difference of metrics, e.g. "+0.115" or "−0.020"."""
    return MISSING if _missing(value) else f"{value:+.3f}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number, e.g. "227,512"."""
    return MISSING if _missing(value) else f"{value:,.0f}"


def rounded(value: float) -> str:
    """A large number in a few characters, e.g. "46.3 M"; below a million as `count`."""
    return count(value) if value < 1e6 else f"{value / 1e6:.1f}\N{NO-BREAK SPACE}M"


def percent(value: float | None) -> str:
    """A share as a percentage of three significant digits, e.g. "1.25 %"."""
    # A no-break space: number and unit stay on one line.
    return MISSING if _missing(value) else f"{100 * (value or 0):.3g}\N{NO-BREAK SPACE}%"


def scientific(value: float | None) -> str:
    """A q-value of one significant digit, e.g. "0.04" or "3 × 10⁻⁹"."""
    if _missing(value):
        return MISSING
    digit, exponent = f"{value:.0e}".split("e")
    if int(exponent) >= -3:
        return f"{value:.1g}"
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    space = "\N{NO-BREAK SPACE}"
    return f"{digit}{space}×{space}10{raised}"


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Its two ends, e.g. "0.5–1.2", or "at least 0.5" where there is no upper end."""
    if high == math.inf and not _missing(low):
        return f"at least {decimals(low, digits)}"
    return f"{decimals(low, digits)}–{decimals(high, digits)}"


def exact(value: float | None) -> str:
    """A number for sorting, unrounded; empty where there is none."""
    return "" if _missing(value) else repr(float(value or 0))


def counted(number: int, noun: str) -> str:
    """A number with its noun, e.g. "1 target", "1,200 targets", "3 loci"."""
    plural = f"{noun.removesuffix('us')}i" if noun.endswith("locus") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def listed(words: list[str]) -> str:
    """Words as a list in a sentence, e.g. "VIII, IX and X"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


_SEQUENCE_PARTS = {"transformer_xl": "Transformer-XL", "lstm": "LSTM", "bert": "BERT"}


def parts(sizes: Mapping[str, Any]) -> str:
    """What a network is made of, from its entry under ``models:``.

    Examples
    --------
    >>> parts({"architecture": "danq"})
    'DanQ'
    """
    if sizes["architecture"] != "hybrid":
        return {"deepsea": "DeepSEA", "danq": "DanQ"}[sizes["architecture"]]
    sequence, blocks = sizes["sequence"], len(sizes["resnet"]["channels"])
    made_of = [f"WideResNet ({counted(blocks, 'block')})"]
    if sequence["kind"] != "none":
        layers = counted(sequence["layers"], "layer")
        made_of.append(f"{_SEQUENCE_PARTS[sequence['kind']]} ({layers})")
    made_of.append("fully connected head")
    started = ", first kernels from motifs" if sizes.get("motifs") else ""
    return " → ".join(made_of) + started


def _missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
