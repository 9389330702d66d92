"""The device that is compared with the CPU, and what is computed on both."""

import os

import pandas as pd
import torch
from toy_store import BEST, TABLE, sequence_sizes, toy_sizes, write_toy_stores

from noncoding.models.architectures import create_model

ON_CPU = os.environ.get("NONCODING_GPU_TESTS") == "cpu"
"""Whether the tests themselves are tested, without a GPU: the CPU is compared with the CPU."""
if ON_CPU:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
DEVICE = torch.device("cpu" if ON_CPU else "cuda")

LENGTH = 200
"""Windows in bp, for which DeepSEA's three convolutions of the published size have room."""
HYBRID = toy_sizes("flatten")
HYBRID["resnet"] |= {"embedding": 4, "stem_pool": 1, "strides": [2, 2]}
COMPACT = toy_sizes("attention") | {"sequence": sequence_sizes("none")}
COMPACT["resnet"] |= {"stem_activation": "exponential", "stem_both_strands": True}
COMPACT["head"]["hidden"] = 0
NO_DROPS = {"stochastic_depth": 0.0}
WITH_ATTENTION = BEST | {part: BEST[part] | NO_DROPS for part in ("resnet", "sequence")}
DEEPSEA = {
    "architecture": "deepsea",
    "channels": [32, 32, 32],
    "kernel": 8,
    "pool": 4,
    "hidden": 16,
    "dropout": [0.0, 0.0, 0.0],
}
DANQ = {
    "architecture": "danq",
    "channels": 16,
    "kernel": 26,
    "pool": 13,
    "lstm": 16,
    "hidden": 16,
    "dropout": [0.0, 0.0],
}
ARCHITECTURES = {
    "hybrid": HYBRID,
    "best": WITH_ATTENTION,
    "compact": COMPACT,
    "deepsea": DEEPSEA,
    "danq": DANQ,
}
"""Those of the shipped configurations, in small, and without dropout: its random numbers differ."""

TRAINING = {
    "epochs": 2,
    "batch_size": 16,
    "shift": 2,
    "reverse_complement": True,
    "mutation_rate": 0.1,
    "compile": "off",
}
"""16 steps, in batches of one size."""
LOSS_FP32 = 1e-5
"""Relative tolerance of losses in fp32: the order of sums differs, which on a CPU makes 1e-7."""
LOSS_BF16 = 0.03
"""The same in bf16, with 7 bits of mantissa; on a CPU, losses differ by less than 0.01."""


def write_stores(folder):
    return write_toy_stores(folder, length=LENGTH)


def losses(made):
    """Losses of training and validation by epoch, shape=(epochs, 2)."""
    metrics = pd.read_csv(made.metrics)
    return metrics.groupby("epoch")[["train_loss_epoch", "valid_loss"]].first().to_numpy()


def random_network(architecture):
    """An untrained network whose statistics, biases and gates have random values, too."""
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=len(TABLE), **ARCHITECTURES[architecture])
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif value.is_floating_point():
                value.add_(torch.randn_like(value), alpha=0.05)
    return network.eval()
