"""The stem: motif detectors, the only layer that sees bases."""

import torch
import torch.nn.functional as F
from torch import nn

from .activations import ACTIVATIONS


class Stem(nn.Module):
    """Embedding, one wide convolution, pooling, norm and activation.

    Parameters
    ----------
    embedding : int
        Channels of a learned embedding of the bases; 0 to keep them one-hot.
    channels, kernel, pool : int
        The convolution (motif detectors; odd kernel in bp), and the max-pooling
        that follows it, in bp.
    activation : str
        Key of `ACTIVATIONS`.
    both_strands : bool
        Lay each kernel on both strands and keep the better match, as a scan with
        a motif does; without an embedding only.

    Attributes
    ----------
    embeds : bool
        Whether the convolution sees an embedding, and not bases.

    Raises
    ------
    ValueError
        Both strands are wanted of embedded bases.
    """

    def __init__(
        self,
        *,
        embedding: int,
        channels: int,
        kernel: int,
        pool: int,
        activation: str,
        both_strands: bool,
    ) -> None:
        super().__init__()
        if both_strands and embedding:
            raise ValueError("an embedding of bases has no complement: both_strands needs one-hot")
        self.embed = nn.Conv1d(4, embedding, 1, bias=False) if embedding else nn.Identity()
        self.convolution = nn.Conv1d(
            embedding or 4, channels, kernel, padding=kernel // 2, bias=False
        )
        self.embeds = bool(embedding)
        self.both_strands = both_strands
        # Pooling before norm and activation: the same strongest match survives,
        # and everything after it is `pool` times cheaper.
        self.pool = nn.MaxPool1d(pool) if pool > 1 else nn.Identity()
        # Over two rows, one a strand: a module, so that DeepLIFT's rule reaches it.
        self.better_strand = nn.MaxPool2d((2, 1)) if both_strands else nn.Identity()
        self.norm = nn.BatchNorm1d(channels)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        bases = self.embed(sequences)
        matches = self.pool(self.convolution(bases))
        if self.both_strands:
            # In the order A, C, G, T a kernel flipped along both axes reads the other strand.
            flipped = self.convolution.weight.flip(1, 2)
            other = F.conv1d(bases, flipped, padding=flipped.shape[-1] // 2)
            strands = torch.stack([matches, self.pool(other)], dim=2)
            matches = self.better_strand(strands).squeeze(2)
        return self.activation(self.norm(matches))
