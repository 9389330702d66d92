"""Tiny stores whose rows are known, for the stages that read stores."""

import numpy as np
import pandas as pd
import torch

from noncoding.data.one_hot import reverse_complement
from noncoding.data.store import BOTH, FORWARD, StoreHeader, new_store
from noncoding.models.architectures import create_model
from noncoding.models.export import export_model
from noncoding.settings.predict import PredictSettings

LENGTH = 40
TABLE = pd.DataFrame({"index": [0, 1, 2], "name": ["a", "b", "c"], "group": ["TF", "TF", "DNase"]})
MOTIF = np.array([0, 1, 1, 2, 3, 0])
"""ACCGTA: rows that hold it, on the forward strand, are positive for target a."""


def toy_split(rows, seed, length=LENGTH):
    """Sequences and labels: a has the motif, b begins with A, c is random."""
    generator = np.random.default_rng(seed)
    bases = generator.integers(0, 4, (rows, length))
    planted = np.arange(rows) % 2 == 0
    bases[planted, 17:23] = MOTIF
    labels = np.column_stack([planted, bases[:, 0] == 0, generator.integers(0, 2, rows)])
    sequences = (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
    return sequences, labels.astype(np.uint8)


def write_toy_store(
    path,
    rows=64,
    seed=0,
    both=False,
    table=TABLE,
    length=LENGTH,
    bin_length=10,
    chromosome=None,
    source=None,
    labels=None,
):
    """A store of `toy_split`, or with other labels.

    With a chromosome, its windows follow each other.
    """
    sequences, own_labels = toy_split(rows, seed, length)
    labels = own_labels if labels is None else labels
    start = np.arange(rows) * length
    loci = pd.DataFrame({"chromosome": chromosome, "start": start, "end": start + length})
    header = StoreHeader(length, bin_length, BOTH if both else FORWARD, table, source or {})
    with new_store(path, header) as writer:
        writer.append(sequences, labels, loci if chromosome else None)
        if both:
            writer.append(reverse_complement(sequences), labels)
    return path


def write_toy_stores(folder, train=128, valid=64, length=LENGTH):
    """Stores of a training, by split, with so many rows each."""
    return {
        "train": write_toy_store(folder / "train.h5", rows=train, length=length),
        "valid": write_toy_store(folder / "valid.h5", rows=valid, seed=1, length=length),
    }


def sequence_sizes(kind):
    """Sizes of a sequence part of toy size."""
    if kind == "none":
        return {"kind": kind}
    sizes = {"kind": kind, "skip": True, "layers": 1, "channels": 8, "dropout": 0.0}
    return sizes if kind == "lstm" else sizes | {"heads": 2, "inner": 16}


def toy_sizes(pooling="attention", kind="transformer_xl"):
    """Sizes of a hybrid that trains in a second."""
    return {
        "architecture": "hybrid",
        "resnet": {
            "embedding": 0,
            "stem_channels": 16,
            "stem_kernel": 7,
            "stem_pool": 4,
            "stem_activation": "gelu",
            "stem_both_strands": False,
            "channels": [16, 16],
            "strides": [1, 2],
            "dilations": [1, 1],
            "kernel": 3,
            "widening": 1,
            "groups": 1,
            "dropout": 0.0,
            "squeeze_excitation": 4,
        },
        "sequence": sequence_sizes(kind),
        "head": {
            "pooling": pooling,
            "hidden": 8,
            "dropout": 0.0,
            "weight_norm": False,
            "batch_norm": pooling == "flatten",
        },
    }


BEST = toy_sizes(kind="rotary")
"""The parts of the model `best` at toy size."""
BEST["resnet"] |= {
    "block": "convnext",
    "channels": [12, 16, 16],
    "strides": [1, 2, 1],
    "dilations": [1, 1, 2],
    "widening": 2,
    "stem_activation": "exponential",
    "stem_both_strands": True,
    "stochastic_depth": 0.1,
}
BEST["sequence"] |= {"layers": 2, "stochastic_depth": 0.1}
TRAINING = {
    "epochs": 2,
    "patience": 5,
    "batch_size": 16,
    "shuffle_buffer": 4096,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "weight_decay": 0.01,
    "gradient_clip": 1.0,
    "ema_decay": 0.9,
    "shift": 1,
    "reverse_complement": False,
    "mutation_rate": 0.0,
    "precision": "auto",
    "accumulate": 1,
    "devices": 1,
    "num_nodes": 1,
    "compile": "auto",
    "deterministic": "auto",
}
RUNTIME = {"checkpoint_minutes": 15, "wandb": None}
"""Keys of the section `train` that do not affect the weights."""
PREDICTION = PredictSettings(batch_size=8, devices="auto")
DEEPSEA = {
    "architecture": "deepsea",
    "channels": [8, 8],
    "kernel": 5,
    "pool": 2,
    "hidden": 8,
    "dropout": [0.0, 0.0],
}
DANQ = {
    "architecture": "danq",
    "channels": 4,
    "kernel": 7,
    "pool": 3,
    "lstm": 3,
    "hidden": 5,
    "dropout": [0.0, 0.0],
}


SHARED_NAMES = TABLE.assign(name=["K562 CTCF | a/b", "K562 CTCF | a/b", 'an "open" site'])
"""The toy store's targets with names as tables of targets have them: not unique, not safe."""


TOLD_APART = TABLE.assign(name=["CTCF", "CTCF", "REST"], cell_type=["GM12878", "K562", "K562"])
"""The toy store's targets with a name that only the cell type tells apart."""


def export_toy_model(folder, seed=0, table=TABLE):
    """An untrained model of the toy store's three targets, exported; gives its network."""
    torch.manual_seed(seed)
    network = create_model(length=LENGTH, targets=len(TABLE), **toy_sizes()).eval()
    export_model(
        network, folder, table, {"dataset": "toy", "model": "tiny", "bin": 20, "validation": {}}
    )
    return network
