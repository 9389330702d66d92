import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import cpu_reference
from gpu import ON_CPU, write_stores

WITHOUT = "no GPU: torch.cuda.is_available() is False; NONCODING_GPU_TESTS=cpu runs it on the CPU"


@pytest.fixture(scope="session", autouse=True)
def device():
    if not ON_CPU and not torch.cuda.is_available():
        pytest.skip(WITHOUT)


@pytest.fixture
def only_on_a_gpu():
    if ON_CPU:
        pytest.skip("a test of the GPU alone; NONCODING_GPU_TESTS=cpu")


@pytest.fixture
def full_precision(monkeypatch):
    """No TensorFloat-32, whose mantissa has 10 bits, in products of matrices and convolutions."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    with monkeypatch.context() as patched:
        # The stage `train` allows it.
        patched.setattr(torch, "set_float32_matmul_precision", lambda _: None)
        patched.setattr(torch.backends.cudnn, "allow_tf32", False)
        yield
    torch.set_float32_matmul_precision(before)


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    return write_stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="session")
def reference(stores, tmp_path_factory):
    """Folder of the CPU's results, by architecture, from a process that sees no GPU."""
    folder = tmp_path_factory.mktemp("reference")
    names = {split: str(path) for split, path in stores.items()}
    (folder / "stores.json").write_text(json.dumps(names))
    done = subprocess.run(
        [sys.executable, cpu_reference.__file__, folder],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "NONCODING_GPU_TESTS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder
