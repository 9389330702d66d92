import os

import pytest

from noncoding.common.errors import InputError
from noncoding.settings.folders import check_folders


def test_folders_that_exist_or_can_be_created(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    check_folders([tmp_path, tmp_path / "a" / "b", tmp_path / "link" / "c"], writable=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.parametrize("below", [".", "toy", "toy/logs"])
def test_files_in_place_of_folders_are_refused(tmp_path, below):
    (tmp_path / "results").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"results: found a file; expected a folder, or no file"):
        check_folders([tmp_path / "results" / below])


def test_broken_links_are_refused(tmp_path):
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    with pytest.raises(InputError, match="results: found a broken link"):
        check_folders([tmp_path / "results" / "toy"])


def test_read_only_folders_are_refused_where_results_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)  # root may write anywhere
    check_folders([tmp_path])
    with pytest.raises(InputError, match="found a read-only folder"):
        check_folders([tmp_path / "toy"], writable=True)
