"""Other views of the same rows: shifted, and read from the other strand."""

import torch

from noncoding.alphabet import reverse_complement


def augment(
    sequences: torch.Tensor, *, shift: int, flip: bool, generator: torch.Generator
) -> torch.Tensor:
    """Shift each sequence at random, and read it from either strand.

    Parameters
    ----------
    sequences : torch.Tensor, shape=(batch, 4, length)
        One-hot, A, C, G, T.
    shift : int
        Largest shift to either side, in bp; what comes in at the end is N.
    flip : bool
        Take the reverse complement of half of the sequences.
    generator : torch.Generator
        Of the CPU.

    Returns
    -------
    torch.Tensor, shape=(batch, 4, length)
    """
    batch, _, length = sequences.shape
    if shift:
        shifts = torch.randint(-shift, shift + 1, (batch, 1), generator=generator)
        source = (torch.arange(length) + shifts).to(sequences.device)
        outside = (source < 0) | (source >= length)
        source = source.clamp_(0, length - 1).unsqueeze(1).expand(-1, 4, -1)
        sequences = sequences.gather(2, source).masked_fill_(outside.unsqueeze(1), 0)
    if flip:
        chosen = (torch.rand(batch, generator=generator) < 0.5).to(sequences.device)
        sequences = torch.where(chosen[:, None, None], reverse_complement(sequences), sequences)
    return sequences
