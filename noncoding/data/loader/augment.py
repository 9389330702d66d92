"""Augmentation: random shifts and reverse complements."""

from typing import NamedTuple

import torch

from noncoding.data.one_hot import reverse_complement


class Views(NamedTuple):
    """The augmentation of each row of a batch.

    Attributes
    ----------
    shift : torch.Tensor, shape=(batch,), dtype=int64
        In bp; positions from outside the window are N.
    flip : torch.Tensor, shape=(batch,), dtype=bool
        Whether the reverse complement is taken.
    """

    shift: torch.Tensor
    flip: torch.Tensor

    def part(self, start: int, stop: int) -> "Views":
        """Those of the rows from `start` to `stop`."""
        return Views(self.shift[start:stop], self.flip[start:stop])


def random_views(count: int, *, shift: int, flip: bool, generator: torch.Generator) -> Views:
    """Draw the augmentation of a batch.

    Shifts are up to `shift` bp in either direction. With `flip`, each row is reverse-complemented
    with probability 0.5.
    """
    shifts = torch.randint(-shift, shift + 1, (count,), generator=generator)
    flips = torch.rand(count, generator=generator) < (0.5 if flip else 0.0)
    return Views(shifts, flips)


def augment(sequences: torch.Tensor, views: Views) -> torch.Tensor:
    """Shift and reverse-complement sequences.

    Only nine bytes per row are copied to the device of the sequences.

    Parameters
    ----------
    sequences : torch.Tensor, shape=(batch, 4, length)
        One-hot, A, C, G, T.
    views : Views
        Of the batch, on the CPU.

    Returns
    -------
    torch.Tensor, shape=(batch, 4, length)
    """
    device, length = sequences.device, sequences.shape[-1]
    if bool(views.shift.any()):
        shift = views.shift.to(device, non_blocking=True)
        source = torch.arange(length, device=device) + shift[:, None]
        outside = (source < 0) | (source >= length)
        source = source.clamp_(0, length - 1).unsqueeze(1).expand(-1, 4, -1)
        sequences = sequences.gather(2, source).masked_fill_(outside.unsqueeze(1), 0)
    if bool(views.flip.any()):
        flip = views.flip.to(device, non_blocking=True)[:, None, None]
        sequences = torch.where(flip, reverse_complement(sequences), sequences)
    return sequences
