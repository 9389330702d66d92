"""Contributions of bases, from gradients that are read at the input."""

import warnings

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import IntegratedGradients
from tangermeme.deep_lift_shap import (
    deep_lift_shap,
    hypothetical_attributions,
    integrated_gradients_op,
)
from tangermeme.ersatz import dinucleotide_shuffle
from tangermeme.saliency import saliency
from torch import nn

from noncoding.attribution.strands import BothStrands, device_of, without_cudnn
from noncoding.common.threads import same_threads
from noncoding.data.one_hot import reverse_complement
from noncoding.models.head import AttentionHead
from noncoding.models.sequence import LstmStates, Transformer
from noncoding.models.stem import Exponential
from noncoding.models.wide_resnet import SqueezeExcitation

REFERENCES = 8
"""Dinucleotide-shuffled versions of each sequence."""
STEPS = 12
"""Points of the Gauss–Legendre rule between a reference and a sequence."""
PATH_POINTS = 8
"""Points of the same rule within a part that has no rescale rule of its own."""
_AVERAGED_GRADIENT = (
    Exponential,
    SqueezeExcitation,
    LstmStates,
    Transformer,
    AttentionHead,
)
"""Parts with products of features (gates, attention), and activations unknown to the library."""
_BATCH = 32
_SEED = 1


def shuffled(sequences: npt.NDArray[np.uint8], count: int = REFERENCES) -> torch.Tensor:
    """Shuffled versions of sequences with the same dinucleotides (tangermeme).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    count : int

    Returns
    -------
    torch.Tensor, shape=(n, count, 4, length), dtype=uint8
        The same at every call; an unknown base is shuffled as a fifth letter.
    """
    with same_threads():
        return dinucleotide_shuffle(
            torch.from_numpy(np.ascontiguousarray(sequences)),
            n=count,
            random_state=_SEED,
            allow_N=True,
        )


def corrected_gradient(
    network: nn.Module, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float32]:
    """Gradient of the logit by each base, less the mean of the four (tangermeme).

    Without that correction it holds a part that points away from one-hot sequences,
    which training never sees (Majdandzic et al. 2023, Genome Biology 24:109).

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    sequences : numpy.ndarray, shape=(n, 4, length)
    target : int
        Index of the logit.

    Returns
    -------
    numpy.ndarray, shape=(n, 4, length), dtype=float32
        Averaged over both strands. Times the sequence: what the bases contribute.
    """
    with without_cudnn(network):
        gradient = saliency(
            BothStrands(network),
            torch.from_numpy(np.ascontiguousarray(sequences)),
            target=target,
            batch_size=_BATCH,
            hypothetical=True,
            device=device_of(network),
        )
    return gradient.float().numpy()


def integrated_gradients(
    network: nn.Module, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float32]:
    """Integrated gradients (Sundararajan et al. 2017; captum) from shuffled references.

    Parameters
    ----------
    network, sequences, target
        As of `corrected_gradient`.

    Returns
    -------
    numpy.ndarray, shape=(n, 4, length), dtype=float32
        What each base would contribute if it stood there, in the mean over
        `REFERENCES` references and both strands. Times the sequence they sum up to its
        logit less that of the references, up to the error of `STEPS` points.
    """
    where = device_of(network)
    method = IntegratedGradients(BothStrands(network), multiply_by_inputs=False)
    found = np.empty(sequences.shape, np.float32)
    for row, (sequence, references) in enumerate(zip(sequences, shuffled(sequences), strict=True)):
        references = references.to(where).float()
        repeated = torch.as_tensor(sequence, dtype=torch.float32, device=where).expand_as(
            references
        )
        with without_cudnn(network):
            gradients = method.attribute(
                repeated, references, target, n_steps=STEPS, internal_batch_size=_BATCH
            )
        found[row] = _hypothetical(gradients, repeated, references)
    return found


def deeplift_shap(
    network: nn.Module, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float32]:
    """DeepLIFT/SHAP (Lundberg & Lee 2017; tangermeme) from shuffled references.

    Activations and max-pooling follow the rescale rule. Parts whose features multiply each
    other (squeeze-and-excitation, LSTM, Transformer-XL, BERT, the attention head) have no
    such rule: each passes its gradient averaged over `PATH_POINTS` points between its
    input for the reference and that for the sequence, so that contributions add up there,
    too. Anything else that is not linear passes its plain gradient; what that costs
    shows in the check `completeness`.

    Parameters
    ----------
    network, sequences, target
        As of `corrected_gradient`.

    Returns
    -------
    numpy.ndarray, shape=(n, 4, length), dtype=float32
        As of `integrated_gradients`.
    """
    given = torch.from_numpy(np.ascontiguousarray(sequences)).float()
    references = shuffled(sequences).float()

    rules = dict.fromkeys(_AVERAGED_GRADIENT, integrated_gradients_op(PATH_POINTS))
    rules[nn.LayerNorm] = _plain_gradient

    def of_strand(one: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        return deep_lift_shap(
            network,
            one,
            target=target,
            references=others,
            # A part's averaged gradient takes `PATH_POINTS` rows for each of these.
            batch_size=REFERENCES,
            hypothetical=True,
            additional_nonlinear_ops=rules,
            device=device_of(network),
            # Unknown bases, columns of zeros, would be refused.
            only_warn=True,
        )

    with warnings.catch_warnings(), without_cudnn(network):
        # That the sums do not agree to the last digit is a check of ours, not a surprise.
        warnings.simplefilter("ignore")
        forward = of_strand(given, references)
        # Hooks of the rule do not bear a network that is called twice, as `BothStrands` does.
        reverse = of_strand(reverse_complement(given), reverse_complement(references))
    return ((forward + reverse_complement(reverse)) / 2).float().numpy()


def _hypothetical(
    gradients: torch.Tensor, sequence: torch.Tensor, references: torch.Tensor
) -> npt.NDArray[np.float32]:
    """Mean over references of what each base would add to them."""
    [contributions] = hypothetical_attributions((gradients,), (sequence,), (references,))
    return contributions.mean(dim=0).detach().float().cpu().numpy()


def _plain_gradient(
    _module: nn.Module,
    grad_input: tuple[torch.Tensor, ...],
    _grad_output: tuple[torch.Tensor, ...],
) -> tuple[torch.Tensor, ...]:
    """XLNet's layers have positions first, where the rule expects the batch."""
    return grad_input
