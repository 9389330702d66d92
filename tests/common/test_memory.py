import psutil
import pytest

from noncoding.common import memory
from noncoding.common.memory import available_memory


@pytest.fixture(autouse=True)
def groups(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path)
    monkeypatch.setattr(memory, "_OWN", tmp_path / "own")


def test_without_control_groups():
    assert 0 < available_memory() <= psutil.virtual_memory().total


@pytest.mark.parametrize("limited", ["job/step", "job", "."])
@pytest.mark.parametrize("version", [1, 2])
def test_limits_of_parent_groups_apply(tmp_path, version, limited):
    own = tmp_path / "own"
    own.write_text("0::/job/step\n" if version == 2 else "4:cpu:/x\n3:memory:/job/step\n")
    top = tmp_path if version == 2 else tmp_path / "memory"
    for group in ("job/step", "job", "."):
        folder = top / group
        folder.mkdir(parents=True, exist_ok=True)
        names = ("memory.max", "memory.current")
        if version == 1:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        limit = "5000000" if group == limited else ("max" if version == 2 else str(2**63 - 4096))
        for name, value in zip(names, (limit, "1000000"), strict=True):
            (folder / name).write_text(value)
    assert available_memory() == 4_000_000


def test_no_memory_left(tmp_path):
    (tmp_path / "own").write_text("0::/\n")
    (tmp_path / "memory.max").write_text("10")
    (tmp_path / "memory.current").write_text("20")
    assert available_memory() == 0
