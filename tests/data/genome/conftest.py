import pytest
from tiny_genome import Inputs


@pytest.fixture
def inputs(tmp_path):
    return Inputs(tmp_path)
