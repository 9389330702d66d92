"""Targets and the key ``peaks`` for given files, compared with what the pipeline reads."""

import pytest

from noncoding.common.errors import InputError
from noncoding.data.genome.given_peaks import find_peak_files, given_peaks, portable
from noncoding.data.genome.peaks import peak_files
from noncoding.settings.genome import PeakFolder, PeakTable


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder, given):
    """Target → file that the pipeline reads."""
    if given.table:
        (folder / "mine_peaks.tsv").write_text(given.table)
    section = PeakTable if given.table else PeakFolder
    return {file.description["name"]: file.where for file in peak_files(section(**given.settings))}


@pytest.mark.parametrize(
    ("names", "patterns", "targets", "settings"),
    [
        # The pipeline's endings.
        (["a.bed", "b.bed"], ["d/*"], ["a", "b"], {"pattern": "*"}),
        (["a.bed", "b.bed"], ["d/a.bed", "d/b.bed"], ["a", "b"], {"pattern": "*.bed"}),
        (["a_peaks.narrowPeak", "b_peaks.narrowPeak"], ["d/*.n*"], ["a", "b"], {"pattern": "*.n*"}),
        (["a.bed", "b.bed.gz"], ["d/?.bed*"], ["a", "b"], {"pattern": "?.bed*"}),
        (["1.10.bed"], ["d/1.10.bed"], ["1.10"], {"pattern": "1.10.bed"}),
        # A suffix is needed.
        (["a.txt", "b.txt"], ["d/*.txt"], ["a", "b"], {"pattern": "*.txt", "suffix": ".txt"}),
        (["a.txt.gz", "b.txt"], ["d/*.t*"], ["a", "b"], {"pattern": "*.t*", "suffix": ".txt"}),
        # Characters of patterns.
        (["a[1].bed"], ["d/a[1].bed"], ["a[1]"], {"pattern": "a[[]1].bed"}),
        (["a*.bed"], ["d/a[*].bed"], ["a*"], {"pattern": "a[*].bed"}),
        # A table is needed.
        (["a", "b"], ["d/*"], ["a", "b"], None),
        (["a.bed", "b.txt"], ["d/*"], ["a", "b"], None),
        ([".hidden.bed"], ["d/.hidden.bed"], [".hidden"], None),
    ],
)
def test_targets_are_those_that_the_pipeline_reads(names, patterns, targets, settings, folder):
    (folder / "d").mkdir()
    for name in names:
        (folder / "d" / name).write_text("I\t1\t200\n")
    given = given_peaks(find_peak_files(patterns), folder / "mine_peaks.tsv", patterns)
    assert given.names == targets
    if settings is None:
        assert given.settings == {"table": "mine_peaks.tsv"}
    else:
        assert given.settings == {"folder": "d"} | settings
    expected = {target: f"d/{name}" for target, name in zip(targets, names, strict=True)}
    found = {target: portable(path) for target, path in read(folder, given).items()}
    assert found == expected


@pytest.mark.parametrize(
    ("patterns", "table"), [(["a.bed", "b.bed"], True), (["*.bed"], False), (["a.bed"], False)]
)
def test_a_later_bed_file_in_the_working_directory_is_no_target(patterns, table, folder):
    for name in ("a.bed", "b.bed")[: 1 if patterns == ["a.bed"] else 2]:
        (folder / name).write_text("I\t1\t200\n")
    given = given_peaks(find_peak_files(patterns), folder / "mine_peaks.tsv", patterns)
    assert bool(given.table) == table
    (folder / "regions.bed").write_text("I\t1\t200\n")
    # A pattern that was given is kept.
    assert ("regions" in read(folder, given)) == (patterns == ["*.bed"])


@pytest.mark.parametrize(
    ("paths", "targets"),
    [
        (["x/CTCF.bed", "y/CTCF.bed"], ["x_CTCF", "y_CTCF"]),
        (["x/1/CTCF.bed", "x/2/CTCF.bed", "y/1/CTCF.bed"], ["x_1_CTCF", "x_2_CTCF", "y_1_CTCF"]),
        (["x/p/CTCF.bed", "y/p/CTCF.bed", "y/p/REST.bed"], ["x_CTCF", "y_CTCF", "REST"]),
        (["x/CTCF.bed", "x/old/CTCF.bed"], ["x_CTCF", "old_CTCF"]),
    ],
)
def test_names_are_told_apart_by_folders(paths, targets, folder):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("I\t1\t200\n")
    given = given_peaks(find_peak_files(paths), folder / "mine_peaks.tsv", paths)
    found = {target: portable(path) for target, path in read(folder, given).items()}
    assert len(found) == len(paths)
    assert sorted(found.values()) == sorted(paths)
    for path, target in zip(paths, targets, strict=True):
        [name] = [name for name, where in found.items() if where == path]
        assert name.endswith(target), found


def test_a_file_that_is_given_twice_is_one_target(folder):
    (folder / "a.bed").write_text("I\t1\t200\n")
    found = find_peak_files(["a.bed", "*.bed", str(folder / "a.bed"), "./a.bed"])
    assert len(found) == 1


def test_files_whose_names_collide_are_refused(folder):
    for path in ("x/A.bed", "y/A.bed", "z/x_A.bed"):
        (folder / path).parent.mkdir()
        (folder / path).write_text("I\t1\t200\n")
    with pytest.raises(InputError, match="several of the target x_A"):
        given_peaks(find_peak_files(["*/*.bed"]), folder / "t.tsv")


def test_paths_that_begin_with_a_tilde_are_not_a_home_folder(folder):
    assert portable("~x/a.bed") == "./~x/a.bed"
    assert portable(folder / "a", folder / "b") == str(folder / "a")
