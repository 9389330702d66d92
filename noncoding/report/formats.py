"""Numbers and words in the same format everywhere on the page; a missing number is a dash."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from noncoding.common.wording import counted

MISSING = "—"
_LONGEST_ALLELE = 12
_SPACE = "\N{NO-BREAK SPACE}"
_SEQUENCE_LAYERS = {"transformer_xl": "Transformer-XL", "lstm": "LSTM", "bert": "BERT"}


def decimals(value: float | None, digits: int = 3) -> str:
    """A metric or share, e.g. "0.935"."""
    return MISSING if _missing(value) else f"{value:.{digits}f}"


def probability(value: float | None) -> str:
    """A predicted probability, e.g. "0.294", "<0.001" or ">0.999"."""
    shown = decimals(value)
    return {"0.000": "<0.001", "1.000": ">0.999"}.get(shown, shown)


def signed(value: float | None) -> str:
    """A difference of metrics, e.g. "+0.115" or "−0.020"."""
    return MISSING if _missing(value) else f"{value:+.3f}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number, e.g. "227,512"."""
    return MISSING if _missing(value) else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share as a percentage with three significant digits, e.g. "1.25 %"."""
    return MISSING if _missing(value) else f"{100 * (value or 0):.3g}{_SPACE}%"


def scientific(value: float | None) -> str:
    """A q-value with one significant digit, e.g. "0.04" or "3 × 10⁻⁹"."""
    if _missing(value):
        return MISSING
    digit, exponent = f"{value:.0e}".split("e")
    if int(exponent) >= -3:
        return f"{value:.1g}"
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digit}{_SPACE}×{_SPACE}10{raised}"


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """An interval, e.g. "0.5–1.2", or "at least 0.5" where there is no upper limit."""
    if _missing(low):
        return MISSING
    if high == math.inf:
        return f"at least {decimals(low, digits)}"
    return f"{decimals(low, digits)}–{decimals(high, digits)}"


def signed_interval(low: float | None, high: float | None) -> str:
    """An interval of differences, e.g. "−0.020 to +0.115"; a dash where there is none."""
    return MISSING if _missing(low) or _missing(high) else f"{signed(low)} to {signed(high)}"


def exact(value: float | None) -> str:
    """An unrounded number for sorting; empty where it is missing."""
    return "" if _missing(value) else repr(float(value or 0))


def listed(words: Sequence[str]) -> str:
    """Words as an enumeration, e.g. "VIII, IX and X"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def allele(bases: str) -> str:
    """An allele as the file writes it; a long one is cut, e.g. "ACGTACGT… (35 bp)"."""
    return bases if len(bases) <= _LONGEST_ALLELE else f"{bases[:8]}… ({len(bases):,}{_SPACE}bp)"


def architecture(sizes: Mapping[str, Any]) -> str:
    """The parts of a network, from its entry under ``models``.

    Examples
    --------
    >>> architecture({"architecture": "danq"})
    'DanQ'
    """
    name = sizes["architecture"]
    if name != "hybrid":
        return {"deepsea": "DeepSEA", "danq": "DanQ"}.get(name, name)
    parts = [f"WideResNet ({counted(len(sizes['resnet']['channels']), 'block')})"]
    sequence = sizes["sequence"]
    if sequence["kind"] != "none":
        layers = counted(sequence["layers"], "layer")
        parts.append(f"{_SEQUENCE_LAYERS[sequence['kind']]} ({layers})")
    parts.append("fully connected head")
    motifs = ", first kernels initialised with known motifs" if sizes.get("motifs") else ""
    return " → ".join(parts) + motifs


def _missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
