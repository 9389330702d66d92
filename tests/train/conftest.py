import sys
from pathlib import Path

import pytest
from toy_store import write_toy_store

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def stores(tmp_path):
    return {
        "train": write_toy_store(tmp_path / "train.h5", rows=128),
        "valid": write_toy_store(tmp_path / "valid.h5", rows=64, seed=1),
    }
