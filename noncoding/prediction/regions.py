"""Probabilities of the windows of a genome, and of sequences in memory."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.common.errors import InputError
from noncoding.common.prefetch import prefetched
from noncoding.data.fasta import check_letters
from noncoding.data.genome.sequences import Sequences
from noncoding.data.genome.windows import Windows
from noncoding.data.one_hot import UNKNOWN, codes
from noncoding.models.export import ExportedModel, load_model
from noncoding.models.forward_pass import forward_pass
from noncoding.prediction.inference import named_device, one_hot_on, strand_averaged
from noncoding.prediction.predictions import check_probabilities
from noncoding.settings.apply import BATCH_SIZE

MOST_UNKNOWN = 0.1
"""Share of N above which the user is warned of a window: models rarely see N in training."""
Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


def predict_sequences(
    model: str | os.PathLike[str] | ExportedModel,
    sequences: Iterable[str],
    *,
    targets: Sequence[str | int] = (),
    both_strands: bool = True,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
) -> Floats:
    """Probabilities of DNA sequences.

    Parameters
    ----------
    model : path, str or ExportedModel
        Folder of a trained model, or the name of one that comes with the package.
    sequences : iterable of str
        Nucleotides in either case, at most as many as the window of the model. Shorter sequences
        are put at the centre of a window of N.
    targets : sequence of str or int
        Targets by index, name, group or pattern; all if empty.
    both_strands : bool
        Average each sequence and its reverse complement.
    device : {"auto", "cpu", "cuda"}
    batch_size : int
        Sequences per step.

    Returns
    -------
    numpy.ndarray, shape=(n, targets), dtype=float32
        In the order of the sequences, and of the target table of the model.

    Raises
    ------
    InputError
        The model cannot be loaded, a target is unknown, a sequence is too long or no DNA, or a
        value is not between 0 and 1.

    Examples
    --------
    >>> from noncoding.prediction import predict_sequences
    >>> predict_sequences("yeast", ["ACGT" * 250], targets=["Reb1"])  # doctest: +SKIP
    """
    exported = model if isinstance(model, ExportedModel) else load_model(model)
    chosen = exported.selected_targets(targets)["index"].to_numpy()
    length = exported.length
    windows = [
        _window(sequence, length, f"sequence {number}") for number, sequence in enumerate(sequences)
    ]
    on = named_device(device)
    network = exported.moved_to(on)
    found = [np.empty((0, len(chosen)), dtype=np.float32)]
    for first in range(0, len(windows), batch_size):
        batch = np.stack(windows[first : first + batch_size])[None]
        found.append(_probabilities(network, batch, on, both_strands, chosen))
    values = np.concatenate(found)
    check_probabilities(values, exported.folder)
    return values


def _window(sequence: str, length: int, where: str) -> Codes:
    """Base codes of a sequence at the centre of a window, shape=(length,)."""
    check_letters(sequence.encode(), where)
    if len(sequence) > length:
        raise InputError(
            where,
            f"{len(sequence)} bp",
            f"at most {length} bp, the window of the model",
            "Cut it, or predict a FASTA file, whose longer sequences are tiled.",
        )
    window = np.full(length, UNKNOWN, dtype=np.uint8)
    first = length // 2 - len(sequence) // 2
    window[first : first + len(sequence)] = codes(sequence)
    return window


def predicted_shards(
    exported: ExportedModel,
    windows: Windows,
    sequences: Sequences,
    shards: Iterable[slice],
    targets: npt.NDArray[np.int64],
    *,
    shifts: Sequence[int],
    both_strands: bool,
    device: torch.device,
    batch_size: int,
    progress: Callable[[int, int], object],
) -> Iterator[tuple[slice, Floats]]:
    """Shards of windows and their probabilities, averaged over strands and shifts.

    The next batch is read in a thread while the network computes one.

    Parameters
    ----------
    exported : ExportedModel
    windows : Windows
    sequences : Sequences
        Those of the windows.
    shards : iterable of slice
        Consecutive windows each.
    targets : numpy.ndarray, shape=(targets,), dtype=int64
        Columns of the network that are kept.
    shifts : sequence of int
        In bp, see `Windows.codes`.
    both_strands : bool
    device : torch.device
    batch_size : int
        Windows per step.
    progress : callable
        Called with the number of windows of each batch, and how many of these have a share of more
        than `MOST_UNKNOWN` unknown bases.

    Yields
    ------
    shard : slice
    probabilities : numpy.ndarray, shape=(windows, targets), dtype=float32

    Raises
    ------
    InputError
        A value is not between 0 and 1, or the sequences cannot be read.
    """
    network = exported.moved_to(device)

    def batches() -> Iterator[tuple[slice, Codes]]:
        for shard in shards:
            for first in range(shard.start, shard.stop, batch_size):
                rows = slice(first, min(first + batch_size, shard.stop))
                yield shard, windows.codes(sequences, rows, shifts)

    for shard, group in groupby(prefetched(batches()), key=lambda batch: batch[0]):
        found = []
        for _, batch in group:
            found.append(_probabilities(network, batch, device, both_strands, targets))
            unknown = (batch[0] == UNKNOWN).mean(axis=1) > MOST_UNKNOWN
            progress(len(unknown), int(unknown.sum()))
        values = np.concatenate(found)
        check_probabilities(values, exported.folder, shard.start)
        yield shard, values


@torch.inference_mode()
def _probabilities(
    network: nn.Module,
    shifted: Codes,
    device: torch.device,
    both_strands: bool,
    targets: npt.NDArray[np.int64],
) -> Floats:
    """Mean over shifts and strands, shape=(n, targets), from base codes (shifts, n, length)."""

    def predicted(batch: Codes) -> torch.Tensor:
        sequences = one_hot_on(device, batch)
        if both_strands:
            return strand_averaged(network, sequences)
        return forward_pass(network, sequences).float().sigmoid()

    mean = torch.stack([predicted(batch) for batch in shifted]).mean(dim=0)
    return mean.cpu().numpy()[:, targets]
