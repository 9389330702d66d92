import re

import pytest
from architectures import ARCHITECTURES
from torch import nn
from toy_store import LENGTH, toy_sizes

from noncoding.models.architectures import create_model
from noncoding.models.sequence import RelativeAttention
from noncoding.training.layer_statistics import matrices

BERT = toy_sizes(kind="bert")
LSTM = toy_sizes(kind="lstm")
LSTM["head"]["weight_norm"] = True


def by_kind(network):
    """Names of matrices and kernels by what their layers are."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear | nn.Conv1d):
            yield f"{name}.weight"
        if isinstance(module, nn.LSTM):
            yield from (f"{name}.{own}" for own, _ in module.named_parameters() if own[0] == "w")
        if isinstance(module, RelativeAttention):
            yield from (f"{name}.{projection}" for projection in "qkvor")


@pytest.mark.parametrize("sizes", [*ARCHITECTURES.values(), BERT, LSTM])
def test_matrices_and_kernels_are_distinguished_from_other_parameters(sizes):
    network = create_model(length=LENGTH, targets=3, **sizes)
    expected = set(by_kind(network))
    assert set(matrices(network)) == expected
    left_out = {name for name, p in network.named_parameters() if p.requires_grad} - expected
    assert all(
        re.search(
            r"bias|norm|Norm|embeddings|preference|scale"
            r"|(project|widen|reduce|expand|feed_forward)\.0",
            name,
        )
        for name in left_out
    )
