"""Augmentation: random shifts, reverse complements and mutations."""

from typing import NamedTuple

import torch

from noncoding.data.one_hot import reverse_complement


class Views(NamedTuple):
    """The augmentation of each row of a batch.

    Attributes
    ----------
    shift : torch.Tensor or None, shape=(batch,), dtype=int64
        In bp; positions from outside the window are N. None: no row is shifted.
    flip : torch.Tensor or None, shape=(batch,), dtype=bool
        Whether the reverse complement is taken. None: that of no row.
    mutation : torch.Tensor or None, shape=(batch, length), dtype=uint8
        By how many channels each base is moved on, in the order A, C, G, T, A: 0 for bases that
        stay. None: all stay.
    """

    shift: torch.Tensor | None
    flip: torch.Tensor | None
    mutation: torch.Tensor | None

    def part(self, start: int, stop: int) -> "Views":
        """Those of the rows from `start` to `stop`."""
        return Views(*(None if drawn is None else drawn[start:stop] for drawn in self))

    def to(self, device: torch.device) -> "Views":
        """Copy to a device; CUDA is not waited for."""

        def copied(drawn: torch.Tensor) -> torch.Tensor:
            if device.type == "cuda":
                return drawn.pin_memory().to(device, non_blocking=True)
            return drawn.to(device)

        return Views(*(None if drawn is None else copied(drawn) for drawn in self))


def random_views(
    count: int,
    length: int,
    *,
    shift: int,
    flip: bool,
    mutation_rate: float,
    generator: torch.Generator,
) -> Views:
    """Draw the augmentation of a batch of `count` sequences of `length` bp.

    Shifts are up to `shift` bp in either direction. With `flip`, each row is reverse-complemented
    with probability 0.5. Each base is substituted with probability `mutation_rate`, by each of the
    three others with the same probability.
    """
    shifts = torch.randint(-shift, shift + 1, (count,), generator=generator)
    flips = torch.rand(count, generator=generator) < 0.5
    mutations = None
    if mutation_rate:
        # One uniform number decides whether a base is substituted, and by which one.
        drawn = torch.rand(count, length, generator=generator).div_(mutation_rate)
        mutations = drawn.mul(3).add_(1).masked_fill_(drawn >= 1, 0).to(torch.uint8)
    return Views(shifts if shift else None, flips if flip else None, mutations)


def augment(sequences: torch.Tensor, views: Views) -> torch.Tensor:
    """Shift, reverse-complement and mutate sequences, in this order. N stays N.

    Parameters
    ----------
    sequences : torch.Tensor, shape=(batch, 4, length)
        One-hot, A, C, G, T.
    views : Views
        Of the batch, on the device of the sequences.

    Returns
    -------
    torch.Tensor, shape=(batch, 4, length)
    """
    device, length = sequences.device, sequences.shape[-1]
    if views.shift is not None:
        source = torch.arange(length, device=device) + views.shift[:, None]
        outside = (source < 0) | (source >= length)
        source = source.clamp_(0, length - 1).unsqueeze(1).expand(-1, 4, -1)
        sequences = sequences.gather(2, source).masked_fill_(outside.unsqueeze(1), 0)
    if views.flip is not None:
        flipped = reverse_complement(sequences)
        sequences = torch.where(views.flip[:, None, None], flipped, sequences)
    if views.mutation is not None:
        channels = torch.arange(4, device=device)[:, None]
        sequences = sequences.gather(1, (channels - views.mutation[:, None].long()) % 4)
    return sequences
