"""Gradient × input, integrated gradients and DeepLIFT/SHAP."""

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

from noncoding.attribution.ensembles import explained
from noncoding.attribution.strands import BothStrands, device_of, without_cudnn
from noncoding.common.threads import same_threads
from noncoding.data.one_hot import reverse_complement
from noncoding.models.attention import RotaryTransformer
from noncoding.models.hybrid import AttentionHead
from noncoding.models.residual_blocks import SqueezeExcitation
from noncoding.models.sequence import LstmStates, Transformer
from noncoding.models.wide_resnet import Exponential

REFERENCES = 8
"""Dinucleotide-shuffled references per sequence."""
STEPS = 12
"""Points of the Gauss–Legendre rule between a reference and a sequence."""
PATH_POINTS = 8
"""Points of the same rule within a module without a rescale rule."""
_AVERAGED_GRADIENT = (
    Exponential,
    SqueezeExcitation,
    LstmStates,
    Transformer,
    RotaryTransformer,
    AttentionHead,
)
"""Modules that multiply features (gates, attention), and activations unknown to tangermeme."""
_BATCH = 32


def shuffled(sequences: npt.NDArray[np.uint8], count: int = REFERENCES) -> torch.Tensor:
    """Dinucleotide-shuffled sequences (tangermeme), the same in every call.

    Sequences of shape (n, 4, length) have shuffles of shape (n, count, 4, length),
    dtype=uint8. An unknown base is shuffled as a fifth letter.
    """
    with same_threads():
        return dinucleotide_shuffle(
            torch.from_numpy(np.ascontiguousarray(sequences)),
            n=count,
            random_state=1,
            allow_N=True,
        )


def corrected_gradient(
    network: nn.Module, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float32]:
    """Gradient of the logit, less its mean over the four bases (tangermeme).

    The correction removes the component orthogonal to the simplex of one-hot sequences, on
    which the network was not trained (Majdandzic et al. 2023, Genome Biology 24:109).

    Returns
    -------
    numpy.ndarray, shape=(n, 4, length), dtype=float32
        Hypothetical contributions, averaged over both strands. Their product with the
        sequence gives the contributions of its bases.
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

    The result is like that of `corrected_gradient`, the mean over `REFERENCES` references. The
    contributions of a sequence sum to its logit less the mean logit of its references, up
    to the integration error of `STEPS` points.
    """
    device = device_of(network)
    method = IntegratedGradients(BothStrands(network), multiply_by_inputs=False)
    found = np.empty(sequences.shape, np.float32)
    for row, (sequence, references) in enumerate(zip(sequences, shuffled(sequences), strict=True)):
        references = references.to(device).float()
        repeated = torch.as_tensor(sequence, dtype=torch.float32, device=device)
        repeated = repeated.expand_as(references)
        with without_cudnn(network):
            gradients = method.attribute(
                repeated, references, target, n_steps=STEPS, internal_batch_size=_BATCH
            )
        [contributions] = hypothetical_attributions((gradients,), (repeated,), (references,))
        found[row] = contributions.mean(dim=0).detach().float().cpu().numpy()
    return found


def deeplift_shap(
    network: nn.Module, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float32]:
    """DeepLIFT/SHAP (Lundberg & Lee 2017; tangermeme) from shuffled references.

    Activations and max-pooling follow the rescale rule. Modules that multiply features
    (squeeze-and-excitation, LSTM, transformers, the attention head) have no such rule:
    their gradient is averaged over `PATH_POINTS` points between the inputs for the reference
    and for the sequence, so that contributions still sum up. Other non-linear modules
    propagate their plain gradient; the check `completeness` measures the resulting error. The
    result is like that of `integrated_gradients`.
    """
    given = torch.from_numpy(np.ascontiguousarray(sequences)).float()
    references = shuffled(sequences).float()
    rules = dict.fromkeys(_AVERAGED_GRADIENT, integrated_gradients_op(PATH_POINTS))
    # In XLNet's norms the first axis is not the batch, as the rescale rule assumes.
    rules[nn.LayerNorm] = lambda _module, gradient, _of_output: gradient

    def of_strand(one: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        return deep_lift_shap(
            explained(network),
            one,
            target=target,
            references=others,
            # Averaging a gradient multiplies these rows by `PATH_POINTS`.
            batch_size=REFERENCES,
            hypothetical=True,
            additional_nonlinear_ops=rules,
            device=device_of(network),
            # Unknown bases, columns of zeros, would raise an error.
            only_warn=True,
        )

    with warnings.catch_warnings(), without_cudnn(network):
        # Deviations from completeness are measured by a check and need no warning.
        warnings.simplefilter("ignore")
        forward = of_strand(given, references)
        # The hooks of the rules fail if a network is called twice, as by `BothStrands`.
        reverse = of_strand(reverse_complement(given), reverse_complement(references))
    return ((forward + reverse_complement(reverse)) / 2).float().numpy()
