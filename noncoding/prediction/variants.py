"""Scores of variants: differences between the predictions of their alleles."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import logsigmoid

from noncoding.common.errors import InputError
from noncoding.common.prefetch import prefetched
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import COMPLEMENT, codes
from noncoding.data.variants.alleles import Allele, StrandWindows, windows
from noncoding.data.variants.variant import PlacedVariant
from noncoding.models.export import ExportedModel
from noncoding.models.forward_pass import exact_convolutions, forward_pass
from noncoding.prediction.inference import one_hot_on
from noncoding.prediction.variant_scores import TargetScores, VariantScores
from noncoding.settings.apply import BATCH_SIZE

BLOCK = 2048
"""Alternative alleles per block, at most, for one offset."""
_BYTES = 1 << 26
"""Approximate memory of a block with both alleles on both strands."""


class DistinctWindows(NamedTuple):
    """The distinct windows of a block of variants.

    Attributes
    ----------
    codes : numpy.ndarray, shape=(windows, length), dtype=uint8
        Base codes of each, as the network sees it: that of the reverse strand is complemented.
    rows : numpy.ndarray, shape=(variants, 2, offsets, strands), dtype=int64
        Row, in ``codes``, of the window of each allele, REF and ALT, at each offset on each strand.
    """

    codes: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True)
class VariantScorer:
    """A model with what decides how it scores variants.

    Attributes
    ----------
    model : ExportedModel
        Its network is on the device.
    device : torch.device
    targets : numpy.ndarray, shape=(targets,), dtype=int64, optional
        Rows of the model's target table; all by default.
    offsets : sequence of int
        Positions of the variant relative to the centre of the window in bp, see
        `noncoding.data.variants.alleles.windows`. For each target, the one with the largest
        absolute difference is kept, the first on ties.
    both_strands : bool
        Average both strands.
    batch_size : int
        Windows per step.
    """

    model: ExportedModel
    device: torch.device
    targets: npt.NDArray[np.int64] | None = None
    offsets: Sequence[int] = (0,)
    both_strands: bool = True
    batch_size: int = BATCH_SIZE

    @property
    def columns(self) -> npt.NDArray[np.int64]:
        """Rows of the model's target table that are scored."""
        return np.arange(len(self.model.targets)) if self.targets is None else self.targets

    @property
    def block(self) -> int:
        """Number of variants per block: more than a batch, as far as memory is bounded."""
        # Letters, codes and those of the next block; logits, scores and what they are made from.
        window = 3 * self.model.length + 16 * len(self.model.targets)
        fitting = _BYTES // (4 * len(self.offsets) * window)
        return max(min(BLOCK // len(self.offsets), fitting), 1)

    def scores(
        self,
        blocks: Iterable[Sequence[PlacedVariant]],
        sequences: Sequences,
        *,
        every_target: bool = True,
    ) -> Iterator[tuple[Sequence[PlacedVariant], VariantScores]]:
        """Score blocks of variants; while the network runs, the next block is prepared.

        Each distinct window of a block is predicted once. Swapping REF and ALT gives the same
        batches, and therefore exactly the negative differences.

        Parameters
        ----------
        blocks : iterable of sequence of PlacedVariant
        sequences : Sequences
            Of the genome, on which the variants were placed.
        every_target : bool
            Give the scores of each target, and not only the largest.

        Yields
        ------
        block, VariantScores

        Raises
        ------
        InputError
            A prediction is not finite.
        """
        for block, prepared in prefetched(
            (block, self.windows(block, sequences)) for block in blocks
        ):
            yield block, self._score(block, prepared, every_target)

    def windows(self, block: Sequence[PlacedVariant], sequences: Sequences) -> DistinctWindows:
        """The windows of the variants of a block that have alleles."""
        strands = 2 if self.both_strands else 1
        length, shape = self.model.length, (-1, 2, len(self.offsets), strands)

        def seen(allele: Allele) -> list[bytes]:
            made = (windows(sequences, allele, length, offset) for offset in self.offsets)
            return [strand for each in made for strand in _as_seen(each)[:strands]]

        pairs = [(each.ref, each.alt) for each in block if each.ref and each.alt]
        by_allele = {allele: seen(allele) for pair in pairs for allele in pair}
        distinct = sorted(set(chain.from_iterable(by_allele.values())))
        row = {window: number for number, window in enumerate(distinct)}
        rows = [row[window] for pair in pairs for allele in pair for window in by_allele[allele]]
        return DistinctWindows(
            codes(b"".join(distinct)).reshape(-1, length), np.array(rows, np.int64).reshape(shape)
        )

    @torch.inference_mode()
    def _score(
        self, block: Sequence[PlacedVariant], prepared: DistinctWindows, every_target: bool
    ) -> VariantScores:
        rows = torch.from_numpy(prepared.rows).to(self.device)
        # Of shape (variants, alleles, offsets, strands, targets).
        logits = self._logits(prepared.codes)[rows]
        difference = (logits[:, 1] - logits[:, 0]).mean(2)
        best = difference.abs().argmax(1, keepdim=True)
        difference = difference.take_along_dim(best, 1)[:, 0]

        scored = np.array([each.ref is not None for each in block], bool)

        def of_block(values: torch.Tensor) -> npt.NDArray[np.float32]:
            filled = np.full((len(block), *values.shape[1:]), np.nan, np.float32)
            filled[scored] = values.cpu().numpy()
            return filled

        by_target = None
        if every_target:
            # In single precision, a value may be rounded differently at another place of an array.
            logits = logits.take_along_dim(best[:, None, :, None], 2)[:, :, 0].double()
            ref, alt = logits.sigmoid().mean(2).unbind(1)
            # Logits of these probabilities: 1 - p of a saturated probability p would be 0.
            ref_logit, alt_logit = (
                logsigmoid(logits).logsumexp(2) - logsigmoid(-logits).logsumexp(2)
            ).unbind(1)
            by_target = TargetScores(
                of_block(ref),
                of_block(alt),
                of_block(difference),
                of_block((alt_logit - ref_logit) / math.log(2)),
            )
        largest = difference.abs().argmax(1, keepdim=True)
        max_target = np.full(len(block), -1, np.int64)
        max_target[scored] = largest[:, 0].cpu().numpy()
        return VariantScores(
            max_target, of_block(difference.take_along_dim(largest, 1)[:, 0]), targets=by_target
        )

    def _logits(self, base_codes: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Logits of windows, shape=(windows, targets), dtype=float32, on the device."""
        columns = torch.tensor(self.columns, device=self.device)
        batches = [torch.empty((0, len(columns)), device=self.device)]
        with exact_convolutions():
            for start in range(0, len(base_codes), self.batch_size):
                sequences = one_hot_on(self.device, base_codes[start : start + self.batch_size])
                logits = forward_pass(self.model.network, sequences)
                batches.append(logits[:, columns].float())
        logits = torch.cat(batches)
        if not logits.isfinite().all():
            raise InputError(
                self.model.folder,
                "a prediction that is not finite",
                "logits of a trained model",
                "The weights are damaged or the training diverged: train the model again, or copy "
                "its folder again.",
            )
        return logits


def _as_seen(windows: StrandWindows) -> tuple[bytes, bytes]:
    """Windows as the network sees them, each in the direction of its strand."""
    return windows.forward, windows.reverse.translate(COMPLEMENT)[::-1]
