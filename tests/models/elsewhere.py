"""Models as those see them who have transformers, but not this project."""

import os
import subprocess
import sys

import numpy as np
import torch

_SCRIPT = """
import sys
import numpy, torch
from transformers import AutoModel

sys.modules["noncoding"] = None  # any import of it fails
for number, folder in enumerate(sys.argv[1:]):
    network = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(numpy.load("sequences.npy")))
    numpy.save(f"{number}.npy", logits.numpy())
"""


def logits_elsewhere(folders, sequences, scratch):
    """Logits of sequences by the model of each folder, loaded by transformers alone."""
    scratch.mkdir()
    np.save(scratch / "sequences.npy", sequences.numpy())
    done = subprocess.run(
        [sys.executable, "-I", "-c", _SCRIPT, *map(os.path.abspath, folders)],
        cwd=scratch,
        env={"HF_HOME": str(scratch / "cache"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [torch.from_numpy(np.load(scratch / f"{number}.npy")) for number in range(len(folders))]
