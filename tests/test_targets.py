from pathlib import Path

import pandas as pd
import pytest

from noncoding.errors import InputError
from noncoding.targets import read_targets, write_targets

OFFICIAL = Path(__file__).parents[1] / "resources" / "deepsea_targets.tsv"


def test_the_official_table():
    table = read_targets(OFFICIAL)
    groups = table["group"]
    assert len(table) == 919
    assert (groups[:125] == "DNase").all()
    assert (groups[125:815] == "TF").all()
    assert (groups[815:] == "Histone").all()
    assert table["name"][0] == "8988T DNase"
    # K562 BRF1 has no positive in the official test set.
    assert table.loc[table["test_positives"] == 0, "index"].tolist() == [598]


def test_round_trip(tmp_path):
    table = pd.DataFrame({"index": [0, 1], "name": ["a", "NA"], "group": ["TF", "TF"]})
    write_targets(table, tmp_path / "targets.tsv")
    pd.testing.assert_frame_equal(read_targets(tmp_path / "targets.tsv"), table)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("index\tname\n0\ta\n", "a column 'group'"),
        ("name\tgroup\na\tTF\n", "a column 'index'"),
        ("index\tgroup\n1\tTF\n0\tTF\n", "0, 1, 2"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    path = tmp_path / "targets.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as error:
        read_targets(path)
    assert str(path) in str(error.value)
