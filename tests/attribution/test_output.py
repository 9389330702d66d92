"""Maps in HDF5 and as tracks."""

import h5py
import numpy as np
import pandas as pd
import pytest
from synthetic import synthetic_attributions

from noncoding.attribution.output import file_stem, write_maps, write_tracks
from noncoding.attribution.sequences import Sequences


def test_maps_have_coordinates_target_method_and_layer(tmp_path):
    target = synthetic_attributions()
    with h5py.File(tmp_path / "maps.h5", "w") as file:
        write_maps(file.create_group("7"), target, "resnet.blocks.0")
    with h5py.File(tmp_path / "maps.h5") as file:
        group = file["7"]
        assert group.attrs["name"] == "Reb1"
        np.testing.assert_array_equal(group["gradcam"][:], target.maps["gradcam"])
        assert group["gradcam"].attrs["layer"] == "resnet.blocks.0"
        # Position 0 sees bases -3 to 6.
        assert group["gradcam"].attrs["first_centre_bp"] == 1.5
        assert group["gradcam"].attrs["step_bp"] == 4
        assert group["gradcam"].attrs["positions"] == 10
        assert group["gradient"].attrs["layer"] == "bases"
        assert "step_bp" not in group["gradient"].attrs
        assert group["chromosome"].asstr()[:].tolist() == ["I", "I"]
        assert group["start"][:].tolist() == [100, 500]
        assert group["label"][:].tolist() == [1, 0]


def read_track(path):
    return pd.read_csv(path, sep="\t", skiprows=1, names=["chromosome", "start", "end", "value"])


def test_tracks_have_runs_of_equal_values(tmp_path):
    target = synthetic_attributions()
    write_tracks(tmp_path, target)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["007-Reb1-gradcam.bedgraph", "007-Reb1-gradient.bedgraph"]
    head = (tmp_path / names[0]).read_text().splitlines()[0]
    assert head.startswith("track type=bedGraph") and "Reb1 Grad-CAM" in head
    track = read_track(tmp_path / names[0])
    assert track["start"].tolist()[:3] == [100, 104, 108]
    assert (track["end"] - track["start"] == 4).all()
    np.testing.assert_allclose(track["value"], target.maps["gradcam"][:, ::4].ravel(), rtol=1e-4)


@pytest.mark.parametrize("second", [102, 110, 139])
def test_a_base_of_two_windows_is_in_a_track_once(tmp_path, second):
    target = synthetic_attributions(starts=(100, second))
    write_tracks(tmp_path, target)
    for path in tmp_path.iterdir():
        track = read_track(path)
        bases = [base for row in track.itertuples() for base in range(row.start, row.end)]
        assert len(bases) == len(set(bases))
        assert set(bases) == set(range(100, second + 40))
        # Overlaps belong to the first window.
        maps = target.maps[path.stem.rpartition("-")[2]]
        expected = np.concatenate([maps[0], maps[1][140 - second :]])
        found = [row.value for row in track.itertuples() for _ in range(row.start, row.end)]
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_sequences_without_coordinates_have_no_track(tmp_path):
    target = synthetic_attributions()
    table = pd.DataFrame({"name": ["one", "two"]})
    without = synthetic_attributions(sequences=Sequences(target.sequences.one_hot, table))
    write_tracks(tmp_path, without)
    assert not list(tmp_path.iterdir())


def test_quotation_marks_in_names_are_replaced_in_headers(tmp_path):
    write_tracks(tmp_path, synthetic_attributions(name='the "open" site'))
    for path in tmp_path.iterdir():
        _, rest = path.read_text().splitlines()[0].split('name="')
        name, rest = rest.split('"')
        assert name.startswith("the 'open' site ")
        assert rest == " visibility=full"


def test_file_names_are_safe_and_short_enough():
    assert file_stem(7, "GM12878 | H3K4me3 / a") == "007-GM12878-H3K4me3-a"
    assert file_stem(7, "../..") == "007"
    assert len(f"{file_stem(918, 'x' * 300)}-integrated_gradients.bedgraph") < 255
