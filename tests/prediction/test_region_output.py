"""Tables, HDF5 and tracks of predicted windows, read back with other libraries."""

import gzip
import resource
import signal

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import warm
from toy_store import SHARED_NAMES

from noncoding.common.errors import InputError
from noncoding.common.system_errors import as_input_error
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.windows import Windows, centred_windows, tiled_windows
from noncoding.data.targets import distinct_names
from noncoding.prediction import region_output
from noncoding.prediction.region_output import (
    PredictedWindows,
    check_folder,
    output_suffix,
    sorted_bins,
    write_regions,
)
from noncoding.prediction.shards import Shards

GENOME = Genome("g.fa", {"one": 200, "two": 90})
TARGETS = SHARED_NAMES.assign(label=distinct_names(SHARED_NAMES))
LOCUS = ["chromosome", "start", "end", "region"]


def regions_of(*rows):
    table = pd.DataFrame(rows, columns=LOCUS)
    return table.assign(chromosome=pd.Categorical(table["chromosome"], [*GENOME.lengths]))


@pytest.fixture
def predicted(tmp_path, monkeypatch):
    """Gives random predictions of windows, in shards of 3, and their values."""
    monkeypatch.setattr(region_output, "_ROWS", 2)
    monkeypatch.setattr(region_output, "_TRACK_ROWS", 2)

    def predict(windows):
        values = np.random.default_rng(3).random((len(windows), len(TARGETS)), np.float32)
        values[::2] **= 9
        shards = Shards(tmp_path / "shards", values.shape, batch_size=3, size=3)
        for shard in shards.missing({}):
            shards.write(shard, values[shard])
        return PredictedWindows(windows, shards, TARGETS, {"bin": 20, "shifts": [0, 5]}), values

    return predict


@pytest.fixture
def written(predicted):
    """Bins in an order that is not that of the genome, two of them the same."""
    windows = centred_windows(
        regions_of(
            *(("two", 30, 50, "b"), ("one", 100, 140, "a"), ("two", 0, 10, "start")),
            *(("one", 60, 61, "c"), ("one", 195, 200, "end"), ("one", 110, 130, "as a")),
        ),
        GENOME,
        40,
        20,
    )
    found, values = predicted(windows)
    values[5] = values[1]
    found.shards.write(slice(3, 6), values[3:6])
    return found, values


def expected_table(windows, values):
    table = windows.table(slice(0, len(windows))).astype({"chromosome": str})
    return pd.concat([table, pd.DataFrame(values, columns=list(TARGETS["label"]))], axis=1)


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
def test_tables(written, tmp_path, name):
    found, values = written
    expected = expected_table(found.windows, values)
    assert list(expected.columns[4:]) == [
        "K562 CTCF | a/b (index 0)",
        "K562 CTCF | a/b (index 1)",
        'an "open" site',
    ]
    write_regions(tmp_path / name, found, long=False)
    table = pd.read_csv(tmp_path / name, sep="\t", quoting=3)
    pd.testing.assert_frame_equal(table, expected.astype(table.dtypes), rtol=1e-5)

    write_regions(tmp_path / name, found, long=True)
    table = pd.read_csv(tmp_path / name, sep="\t", quoting=3)
    assert list(table.columns) == [*LOCUS, "target_index", "target", "probability"]
    wide = table.pivot(index=LOCUS, columns="target", values="probability").reset_index()
    ordered = expected.sort_values(LOCUS, ignore_index=True)[wide.columns]
    pd.testing.assert_frame_equal(wide, ordered.astype(wide.dtypes), rtol=1e-5, check_names=False)
    assert table["target_index"].tolist() == [0, 1, 2] * len(values)


def test_hdf5(written, tmp_path):
    found, values = written
    write_regions(tmp_path / "a.h5", found, long=False)
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["probability"][:], values)
        assert file["probability"].dtype == np.float32
        assert file["probability"].chunks == (2, 3)
        locus = {name: file["locus"][name][:] for name in LOCUS}
        locus["chromosome"] = file["locus/names"].asstr()[:][locus["chromosome"]]
        locus["region"] = file["locus/region_names"].asstr()[:][locus["region"]]
        expected = expected_table(found.windows, values)[LOCUS]
        pd.testing.assert_frame_equal(pd.DataFrame(locus).astype(expected.dtypes), expected)
        assert file["target/name"].asstr()[:].tolist() == SHARED_NAMES["name"].tolist()
        assert file.attrs["bin"] == 20
        assert file.attrs["shifts"].tolist() == [0, 5]


def values_of(path):
    """Chromosome → start, end and value of each interval of a bigWig file."""
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == GENOME.lengths
        return {name: list(track.intervals(name) or ()) for name in GENOME.lengths}


def test_tracks(written, tmp_path, monkeypatch):
    monkeypatch.setattr(region_output, "_OPEN_TRACKS", 2)
    found, values = written
    write_regions(tmp_path / "tracks", found, long=False)
    assert sorted(path.name for path in (tmp_path / "tracks").iterdir()) == [
        "0_K562_CTCF_a_b_index_0.bw",
        "1_K562_CTCF_a_b_index_1.bw",
        "2_an_open_site.bw",
    ]
    for path in (tmp_path / "tracks").iterdir():
        of = values[:, int(path.name[0])].tolist()
        assert values_of(path) == {
            # Bins at the ends of a chromosome are clipped.
            "one": [(50, 70, of[3]), (110, 130, of[1]), (187, 200, of[4])],
            "two": [(0, 15, of[2]), (30, 50, of[0])],
        }


@pytest.mark.parametrize("stride", [20, 30])
def test_tracks_of_tiles_equal_the_table(predicted, tmp_path, stride):
    regions = regions_of(("one", 0, 200, "all"), ("two", 3, 60, "x"), ("one", 50, 90, "twice"))
    found, values = predicted(tiled_windows(regions, GENOME, 40, 20, stride))
    table = expected_table(found.windows, values).drop_duplicates(["chromosome", "start"])
    write_regions(tmp_path / "tracks", found, long=False)
    for number, path in enumerate(sorted((tmp_path / "tracks").iterdir())):
        for name, intervals in values_of(path).items():
            on = table[table["chromosome"] == name].sort_values("start")
            columns = (on[column] for column in ("start", "end", TARGETS["label"][number]))
            rows = list(zip(*columns, strict=True))
            assert [interval[:2] for interval in intervals] == [row[:2] for row in rows]
            np.testing.assert_array_equal([i[2] for i in intervals], [row[2] for row in rows])


@pytest.mark.parametrize(
    "windows",
    [
        tiled_windows(regions_of(("one", 0, 200, "a")), GENOME, 40, 20, 10),
        centred_windows(regions_of(("one", 0, 40, "a"), ("one", 1, 41, "b")), GENOME, 40, 20),
    ],
)
def test_bins_that_overlap_are_no_track(windows: Windows):
    with pytest.raises(InputError, match=r"one:\d+-\d+: found a bin that overlaps.*stride"):
        list(sorted_bins(windows))


def test_the_suffix_decides_the_format(tmp_path):
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "0_a.bw").touch()
    names = ("a.tsv", "a.tsv.gz", "a.b.h5", "new", "tracks")
    assert [output_suffix(tmp_path / name) for name in names] == [".tsv", ".tsv.gz", ".h5", "", ""]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.bz2", "a.gz", "folder.tsv"])
def test_other_outputs_are_refused(tmp_path, name):
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(InputError, match=name):
        output_suffix(tmp_path / name)


def test_only_tracks_of_the_same_targets_are_replaced(tmp_path):
    targets = pd.DataFrame({"index": [0, 7], "label": ["a", "b (K562)"]})
    check_folder(tmp_path / "new", targets)
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    check_folder(tracks, targets)
    (tracks / "7_b_K562.bw").touch()
    check_folder(tracks, targets)
    for other in ("my_ChIP.bw", "8_c.bw", "notes.txt"):
        (tracks / other).touch()
        with pytest.raises(InputError, match=f"tracks: found {other}; expected no such folder"):
            check_folder(tracks, targets)
        (tracks / other).unlink()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: found file"):
        check_folder(tmp_path / "file", targets)


@pytest.mark.parametrize("name", ["", ".", "..", "../here"])
def test_the_working_directory_is_not_replaced(tmp_path, monkeypatch, name):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match="found the working directory"):
        output_suffix(name)


def written_to_a_full_disk(name, folder):
    """Write a large table where files may have at most 100 kB; print the error."""
    genome = Genome("g.fa", {"one": 500_000})
    region = pd.DataFrame([("one", 0, 500_000, "all")], columns=LOCUS)
    region["chromosome"] = region["chromosome"].astype("category")
    windows = tiled_windows(region, genome, 40, 20, 20)
    values = np.random.default_rng(3).random((len(windows), 3), np.float32)
    shards = Shards(folder / "shards", values.shape, batch_size=8192)
    for shard in shards.missing({}):
        shards.write(shard, values[shard])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        write_regions(folder / name, PredictedWindows(windows, shards, TARGETS, {}), long=False)
    except (InputError, OSError) as error:
        print(error if isinstance(error, InputError) else as_input_error(error), flush=True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("o.tsv", "o.tsv: found a file of the maximum size"),
        ("o.tsv.gz", "o.tsv.gz: found a file of the maximum size"),
        ("o.h5", "o.h5: found a file of the maximum size"),
    ],
)
def test_a_full_disk_of_a_table_or_hdf5_is_reported(tmp_path, name, message):
    status, said = warm.run(written_to_a_full_disk, name, tmp_path)
    assert message in said
    assert status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["shards"]


def test_text_is_compressed(written, tmp_path):
    for name in ("a.tsv", "a.tsv.gz"):
        write_regions(tmp_path / name, written[0], long=True)
    compressed = (tmp_path / "a.tsv.gz").read_bytes()
    assert gzip.decompress(compressed) == (tmp_path / "a.tsv").read_bytes()
