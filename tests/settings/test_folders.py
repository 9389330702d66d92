import os

import pytest

from noncoding.common.errors import InputError
from noncoding.settings.folders import check_folders


def test_folders_that_are_there_or_can_be_made(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    check_folders([tmp_path, tmp_path / "a" / "b", tmp_path / "link" / "c"], writable=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.parametrize("below", [".", "toy", "toy/logs"])
def test_what_is_in_the_way_is_named(tmp_path, below):
    (tmp_path / "results").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"results: found a file; expected a folder, or nothing"):
        check_folders([tmp_path / "results" / below])


def test_a_link_to_nowhere_is_named(tmp_path):
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")
    with pytest.raises(InputError, match="results: found a link to what is not there"):
        check_folders([tmp_path / "results" / "toy"])


def test_a_folder_that_must_not_be_written_to_is_told_where_that_matters(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)  # root may write anywhere
    check_folders([tmp_path])
    with pytest.raises(InputError, match="found a folder that must not be written to"):
        check_folders([tmp_path / "toy"], writable=True)
