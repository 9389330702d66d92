import functools
import sys
from pathlib import Path

import pytest
import torch
from toy_store import write_toy_stores

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def stores(tmp_path):
    return write_toy_stores(tmp_path)


@pytest.fixture
def compiler(monkeypatch):
    """Sets what torch.compile calls to compile a graph."""
    original = torch.compile

    def use(backend):
        torch.compiler.reset()
        monkeypatch.setattr(torch, "compile", functools.partial(original, backend=backend))

    yield use
    torch.compiler.reset()
