import os
import shutil
from pathlib import Path

import pytest

from noncoding.common import space
from noncoding.common.errors import InputError
from noncoding.common.space import GIB, check_room, free_bytes, remaining_bytes


def test_check_room(tmp_path, monkeypatch):
    monkeypatch.setattr(space, "free_bytes", lambda _: 3 * GIB)
    check_room(tmp_path, 3 * GIB, "a file")
    monkeypatch.setattr(space, "free_bytes", lambda _: 3 * GIB - 1)
    with pytest.raises(InputError) as caught:
        check_room(tmp_path, 3 * GIB, "a file")
    assert caught.value.where == str(tmp_path)
    assert "(3,221,225,471 bytes) free" in caught.value.found
    assert caught.value.expected == "3.00 GiB (3,221,225,472 bytes) for a file"
    assert "larger disk" in caught.value.remedy


def test_free_bytes_of_a_folder_that_does_not_exist(tmp_path, monkeypatch):
    asked = []
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(Path(path)) or usage)
    assert free_bytes(tmp_path / "a" / "b") == usage.free
    assert asked == [tmp_path]


def test_remaining_bytes(tmp_path):
    def present(folder=tmp_path):
        return GIB // 2 - remaining_bytes(folder, 0.5)

    (tmp_path / "x").mkdir()
    (tmp_path / "x" / ".hidden").write_bytes(bytes(30))
    (tmp_path / "y").write_bytes(bytes(12))
    assert present() == 42
    (tmp_path / ".temporary-here-123-train.mat").write_bytes(bytes(5))
    (tmp_path / ".partial-bundle.tar.gz").write_bytes(b"")
    assert present() == 42
    (tmp_path / "x" / "link").symlink_to(tmp_path / "y")
    assert present() == 42 + len(os.fsencode(tmp_path / "y"))
    assert present(tmp_path / "nowhere") == 0
    assert remaining_bytes(tmp_path, 1e-9) == 0
