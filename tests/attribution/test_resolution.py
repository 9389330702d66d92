"""Resolution of stacks of convolutions that are known by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from noncoding.attribution.resolution import resolution


class Stack(nn.Module):
    def __init__(self, kernel, stride):
        super().__init__()
        self.first = nn.Conv1d(4, 2, kernel, stride=stride, padding=kernel // 2)
        self.after = nn.Linear(2, 1)
        for weights in self.first.parameters():
            nn.init.ones_(weights)

    def forward(self, sequences):
        return self.after(self.first(sequences).mean(dim=-1))


@pytest.mark.parametrize(("kernel", "stride"), [(21, 1), (41, 5), (9, 8)])
def test_step_and_span_of_a_convolution(kernel, stride):
    torch.manual_seed(0)
    network = Stack(kernel, stride).eval()
    given = np.eye(4, dtype=np.uint8)[np.zeros((2, 400), int)].transpose(0, 2, 1)
    found = resolution(network, network.first, given)
    assert found.grid == (400 // stride, -(kernel // 2), stride, kernel)
    # Even weights: 95 % of the span, and at most a base more on either side.
    assert 0.95 * kernel <= found.receptive_field <= 0.95 * kernel + 2
