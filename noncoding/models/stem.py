"""The stem: the first convolution, whose kernels act as motif detectors."""

import torch
import torch.nn.functional as F
from torch import nn

_LARGEST_EXPONENT = 10.0
"""exp(10) = 22,026 is far above normalised values, and finite in half precision."""


class Exponential(nn.Module):
    """``exp(x)``, which emphasises strong matches (Koo & Ploenzke 2021)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Any shape."""
        return features.clamp(max=_LARGEST_EXPONENT).exp()


ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "exponential": Exponential}


class Stem(nn.Module):
    """Embedding, one wide convolution, pooling, normalisation and activation.

    Parameters
    ----------
    embedding : int
        Channels of a learned embedding of the bases; 0 for one-hot bases.
    channels, kernel, pool : int
        Of the convolution (odd kernel in bp), and of the max-pooling after it, in bp.
    activation : str
        Key of `ACTIVATIONS`.
    both_strands : bool
        Scan both strands with each kernel and keep the maximum, as in a scan with a
        motif; without an embedding only.

    Attributes
    ----------
    embeds : bool
        Whether the input of the convolution is an embedding.

    Raises
    ------
    ValueError
        ``both_strands`` with an embedding.
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
        # Pooling before normalisation and activation keeps the same maximum, and makes what
        # follows `pool` times cheaper.
        self.pool = nn.MaxPool1d(pool) if pool > 1 else nn.Identity()
        # Over two rows, one per strand. A module, so that DeepLIFT's rule applies to it.
        self.better_strand = nn.MaxPool2d((2, 1)) if both_strands else nn.Identity()
        self.norm = nn.BatchNorm1d(channels)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        bases = self.embed(sequences)
        matches = self.pool(self.convolution(bases))
        if self.both_strands:
            # In the order A, C, G, T the reverse complement is a flip along both axes.
            flipped = self.convolution.weight.flip(1, 2)
            other = F.conv1d(bases, flipped, padding=flipped.shape[-1] // 2)
            strands = torch.stack([matches, self.pool(other)], dim=2)
            matches = self.better_strand(strands).squeeze(2)
        return self.activation(self.norm(matches))
