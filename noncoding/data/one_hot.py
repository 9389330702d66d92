"""One-hot DNA: the order of the bases, both strands, and the packed form.

Everywhere in this project a sequence of length ``L`` is one-hot with shape ``(..., 4, L)`` in the
order A, C, G, T. An unknown base (N) is a column of zeros. In this order the complement of channel
``i`` is channel ``3 - i``, so the reverse complement is a flip of the last two axes.

Packed, eight values are one byte, the first in the highest bit: ``numpy.packbits(x, axis=-1)``.
"""

from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", np.ndarray, "torch.Tensor")

ALPHABET = "ACGT"
UNKNOWN = len(ALPHABET)
"""Base code of letters other than A, C, G and T."""
COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")
"""Complement of upper-case letters, for `bytes.translate`; other letters stay as they are."""

_CODE = np.full(256, UNKNOWN, dtype=np.uint8)
for _letters in (ALPHABET, ALPHABET.lower()):
    _CODE[np.frombuffer(_letters.encode(), dtype=np.uint8)] = np.arange(len(ALPHABET))
_COLUMNS = np.vstack([np.eye(len(ALPHABET), dtype=np.uint8), np.zeros((1, 4), np.uint8)])
_REVERSED_BITS = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=-1)[:, ::-1], axis=-1
).ravel()


def codes(sequence: str | bytes) -> npt.NDArray[np.uint8]:
    """Base codes of nucleotides in either case, shape=(L,): 0 … 3 for A, C, G, T, 4 for others."""
    raw = sequence.encode() if isinstance(sequence, str) else sequence
    return _CODE[np.frombuffer(raw, dtype=np.uint8)]


def one_hot(base_codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """One-hot form of base codes, shape=(..., L): shape=(..., 4, L), dtype=uint8."""
    return np.ascontiguousarray(np.moveaxis(_COLUMNS[base_codes], -1, -2))


def letters(sequence: npt.NDArray[np.generic]) -> str:
    """Nucleotides of a one-hot sequence, shape=(4, L); N where the column is zero."""
    code = np.where(sequence.any(axis=0), sequence.argmax(axis=0), UNKNOWN)
    return "".join((ALPHABET + "N")[i] for i in code)


def reverse_complement(sequences: Array) -> Array:
    """Reverse complement of one-hot sequences, shape=(..., 4, L)."""
    if isinstance(sequences, np.ndarray):
        return sequences[..., ::-1, ::-1]
    return sequences.flip(-2, -1)


def packed_reverse_complement(packed: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.uint8]:
    """Reverse complement of packed sequences of `length` bp, shape=(..., 4, ceil(length / 8))."""
    if length % 8:  # bits move from byte to byte
        unpacked = np.unpackbits(packed, axis=-1, count=length)
        return np.packbits(reverse_complement(unpacked), axis=-1)
    return _REVERSED_BITS[packed[..., ::-1, ::-1]]


def unpack(packed: "torch.Tensor", count: int) -> "torch.Tensor":
    """Unpack bits, shape=(..., ceil(count / 8)) to (..., count), dtype=uint8, on their device."""
    if packed.device.type == "cpu":  # several times faster there
        import torch  # noqa: PLC0415 – stages without tensors start faster

        return torch.from_numpy(np.unpackbits(packed.numpy(), axis=-1, count=count))
    return unpack_by_shifts(packed, count)


def unpack_by_shifts(packed: "torch.Tensor", count: int) -> "torch.Tensor":
    """As `unpack`, on a GPU."""
    bits = packed.unsqueeze(-1).bitwise_right_shift(_bit_shifts(packed.device)).bitwise_and_(1)
    return bits.flatten(-2)[..., :count]


@cache
def _bit_shifts(device: "torch.device") -> "torch.Tensor":
    import torch  # noqa: PLC0415

    return torch.arange(7, -1, -1, dtype=torch.uint8, device=device)
