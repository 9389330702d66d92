"""Which parameters of a network are matrices or kernels."""

from torch import nn


def matrices(module: nn.Module) -> dict[str, nn.Parameter]:
    """The trained matrices and kernels of a network, by name.

    Biases are left out whatever their shape (those of relative attention are
    matrices), and so are norms, scales, and what belongs to positions: embeddings
    and the attention head's preference.
    """
    return {
        name: parameter
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
        and parameter.ndim > 1
        and not any(word in name for word in ("bias", "embedding", "preference"))
    }
