import os

import pytest

from noncoding.common.errors import InputError
from noncoding.prediction.outputs import checked_suffix, unfinished_folder

SUFFIXES = (".tsv", ".tsv.gz", ".h5", "")
KINDS = "a table"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.tsv", ".tsv"), ("a.b.tsv.gz", ".tsv.gz"), ("a.tsv.h5", ".h5"), ("a", "")],
)
def test_the_suffix_is_the_end_of_the_name(tmp_path, name, suffix):
    assert checked_suffix(tmp_path / name, SUFFIXES, KINDS) == suffix


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.bz2", "a.gz", "a.TSV"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=rf"{name}: found the suffix .*; expected a table\."):
        checked_suffix(tmp_path / name, SUFFIXES, KINDS)


@pytest.mark.parametrize("name", ["a", ".tsv"])
def test_a_name_without_suffix_is_refused_where_no_folder_is_made(tmp_path, name):
    with pytest.raises(InputError, match="found no suffix"):
        checked_suffix(tmp_path / name, SUFFIXES[:-1], KINDS)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "a.tsv").mkdir()
    with pytest.raises(InputError, match=r"a\.tsv: found a folder"):
        checked_suffix(tmp_path / "a.tsv", SUFFIXES, KINDS)


@pytest.mark.parametrize("name", ["peaks.tsv", "link.tsv"])
def test_an_input_is_not_overwritten(tmp_path, name):
    (tmp_path / "peaks.tsv").touch()
    (tmp_path / "link.tsv").symlink_to("peaks.tsv")
    inputs = [tmp_path / "none.fa", os.path.relpath(tmp_path / "peaks.tsv")]
    with pytest.raises(InputError, match=rf"{name}: found a file that is read"):
        checked_suffix(tmp_path / name, SUFFIXES, KINDS, inputs)
    assert checked_suffix(tmp_path / "other.tsv", SUFFIXES, KINDS, inputs) == ".tsv"


def test_the_folder_of_a_run_is_next_to_its_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert unfinished_folder("a.tsv") == tmp_path / "a.tsv.unfinished"
