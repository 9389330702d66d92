from pathlib import Path

import pandas as pd
import pytest

from noncoding.common.errors import InputError
from noncoding.data.targets import (
    check_same_targets,
    corresponding_targets,
    distinct_names,
    named_target,
    read_targets,
    same_targets,
    select_targets,
    write_targets,
)

OFFICIAL = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"


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


@pytest.mark.parametrize(
    "names",
    [["a", "NA"], [" a", "a "], ["007", "012"], ["1.10", "1e5"], ["True", "False"], ["inf", "nan"]],
)
def test_round_trip(tmp_path, names):
    table = pd.DataFrame({"index": [0, 1], "name": names, "group": ["01", "02"]})
    write_targets(table, tmp_path / "targets.tsv")
    pd.testing.assert_frame_equal(read_targets(tmp_path / "targets.tsv"), table)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("index\tname\n0\ta\n", "a column 'group'"),
        ("name\tgroup\na\tTF\n", "a column 'index'"),
        ("index\tgroup\n1\tTF\n0\tTF\n", "0, 1, 2"),
        ("index\tname\tgroup\n0\ta\tTF\n1\t\tTF\n", "line 3: found the target name ''"),
        ('index\tname\tgroup\n0\t"a\nb"\tTF\n', r"line 3: found the target name 'a\\nb'"),
        ("", "an empty file"),
        ("index\tname\tgroup\n0\ta\tTF\tx\n1\tb\tTF\n", "line 2: found 4 values"),
    ],
)
def test_invalid_target_tables_are_refused(tmp_path, text, fragment):
    path = tmp_path / "targets.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=fragment) as error:
        read_targets(path)
    assert str(path) in str(error.value)


def test_tables_of_spreadsheets_and_r_are_read(tmp_path):
    path = tmp_path / "targets.tsv"
    path.write_bytes('"index"\t"name"\t"group"\r\n0\t"007"\tTF\t\r\n'.encode("utf-16"))
    excel = read_targets(path)
    path.write_text('"index"\t"name"\t"group"\n"1"\t0\t"007"\t"TF"\n')
    pd.testing.assert_frame_equal(read_targets(path), excel)
    assert excel.to_dict("records") == [{"index": 0, "name": "007", "group": "TF"}]


NAMED = pd.DataFrame({"index": range(3), "name": ["Reb1", "twin", "twin"]})


def test_a_target_is_named_by_its_name_or_its_index():
    assert named_target(NAMED, 0, "key")["name"].tolist() == ["Reb1"]
    assert named_target(NAMED, "twin", "key")["index"].tolist() == [1, 2]
    with pytest.raises(InputError, match=r"key: found 'Reb'.*Did you mean Reb1\?"):
        named_target(NAMED, "Reb", "key")
    with pytest.raises(InputError, match="found 3; expected a name or an index \\(0 … 2\\)"):
        named_target(NAMED, 3, "key")


SELECTED = pd.DataFrame(
    {
        "index": range(7),
        "name": ["K562 CTCF", "GM12878 CTCF", "K562 DNase", "3", "TF", "a,b", "a [b]?"],
        "group": ["TF", "TF", "DNase", "Histone", "Histone", "Other", "Other"],
    }
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], range(7)),
        ([5, 0], [0, 5]),
        (["1"], [1]),
        (["3"], [3]),  # the name, which is that of another index
        ([3], [3]),
        (["K562 CTCF"], [0]),
        (["DNase"], [2]),
        (["TF"], [4]),  # a name has precedence over a group
        (["T*"], [0, 1, 4]),
        (["*CTCF", 1], [0, 1]),
        (["K562*"], [0, 2]),
        (["?"], [3]),
        (["a,b"], [5]),
        (["K562 DNase, 0,Other"], [0, 2, 5, 6]),
        (["a [b]*"], [6]),
        (["a [b]?"], [6]),
    ],
)
def test_targets_are_selected_by_index_name_group_or_pattern(wanted, expected):
    assert select_targets(SELECTED, wanted)["index"].tolist() == list(expected)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["k562 ctfc"], r"--targets: found 'k562 ctfc', which matches no target.*mean K562 CTCF"),
        (["dnase"], "Did you mean DNase"),
        ([7], r"found 7, .*an index \(0 … 6\)"),
        (["7"], "found '7'"),
        (["-1"], "found '-1'"),
        (["zz*"], r"group \(TF, DNase, Histone, Other\)"),
        (["TF,zz"], "found 'zz'"),
        (["TF,"], "found ''"),
        ([""], "found ''"),
        ([True], "found True"),
    ],
)
def test_an_entry_that_matches_no_target_is_refused(wanted, message):
    with pytest.raises(InputError, match=message):
        select_targets(SELECTED, wanted, "--targets")


def test_tables_of_other_targets_are_refused():
    check_same_targets("here", NAMED, NAMED.assign(index=0), "others", "Do something.")
    with pytest.raises(InputError, match="here: found 3 targets that are not those of others"):
        check_same_targets("here", NAMED, NAMED[::-1], "others", "Do something.")


def described(*rows):
    table = pd.DataFrame(rows, columns=["name", "cell_type", "assay", "treatment"])
    return table.assign(index=range(len(rows)), group="TF")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("CTCF", "K562", "", ""), ("REST", "K562", "", "")], ["CTCF", "REST"]),
        (
            [("CTCF", "GM12878", "ChIP", ""), ("CTCF", "K562", "ChIP", None)],
            ["CTCF (GM12878)", "CTCF (K562)"],
        ),
        # One of them is not treated: the cell type is shown, so that none has the bare name.
        (
            [("CTCF", "GM12878", "CTCF", ""), ("CTCF", "GM12878", "CTCF", "dexamethasone")],
            ["CTCF (GM12878)", "CTCF (GM12878, dexamethasone)"],
        ),
        (
            [("K562 CTCF", "K562", "CTCF", ""), ("K562 CTCF", "K562", "CTCF", "")],
            ["K562 CTCF (index 0)", "K562 CTCF (index 1)"],
        ),
        (
            [("CTCF", "K562", "a", ""), ("CTCF", "K562", "a", ""), ("CTCF", "HeLa", "a", "")],
            ["CTCF (K562, index 0)", "CTCF (K562, index 1)", "CTCF (HeLa)"],
        ),
        ([("CTCF", "", "", ""), ("CTCF", "K562", "", "")], ["CTCF (index 0)", "CTCF (K562)"]),
        # The composed name is that of another target.
        (
            [("a", "x", "", ""), ("a", "y", "", ""), ("a (x)", "", "", "")],
            ["a (x, index 0)", "a (y)", "a (x)"],
        ),
    ],
)
def test_targets_that_share_a_name_are_told_apart(rows, expected):
    table = described(*rows)
    names = distinct_names(table)
    assert names.tolist() == expected
    assert names.is_unique
    # Without the descriptions, the index tells them apart.
    bare = distinct_names(table[["index", "name"]])
    assert bare.is_unique and names.index.equals(table.index)


SHARED = described(
    ("CTCF", "GM12878", "", ""),
    ("CTCF", "GM12878", "", "dexamethasone"),
    ("REST", "GM12878", "", ""),
    ("CTCF", "K562", "", ""),
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("CTCF", [0, 1, 3]),
        ("CTCF (GM12878)", [0]),
        ("CTCF (GM12878, dexamethasone)", [1]),
        ("CTCF (K562)", [3]),
        ("REST", [2]),
    ],
)
def test_a_shared_name_selects_all_of_its_targets_and_a_distinct_one_a_single_target(
    wanted, expected
):
    assert select_targets(SHARED, [wanted])["index"].tolist() == expected
    assert named_target(SHARED, wanted, "key")["index"].tolist() == expected


def test_patterns_and_lists_match_distinct_names():
    assert select_targets(SHARED, ["CTCF (GM*"])["index"].tolist() == [0, 1]
    assert select_targets(SHARED, ["REST, CTCF (K562)"])["index"].tolist() == [2, 3]
    with pytest.raises(InputError, match=r"mean CTCF \(K562\)"):
        named_target(SHARED, "CTCF (K563)", "key")


def test_targets_of_the_same_name_in_another_order_are_others():
    assert same_targets(SHARED, SHARED.assign(group="other"))
    swapped = SHARED.iloc[[3, 1, 2, 0]].reset_index(drop=True)
    assert not same_targets(SHARED, swapped)
    # A table without descriptions can only be compared by name.
    assert same_targets(SHARED, swapped[["index", "name", "group"]])
    # The description of a target whose name no other has may be corrected.
    corrected = SHARED["cell_type"].where(SHARED["name"] != "REST", "K562")
    assert same_targets(SHARED, SHARED.assign(cell_type=corrected))


@pytest.mark.parametrize(
    ("earlier", "table", "expected"),
    [
        (["A", "CTCF", "CTCF"], ["CTCF", "CTCF", "B"], {0: 1, 1: 2}),
        (["CTCF", "A"], ["A", "CTCF", "CTCF"], {0: 1, 1: 0}),
        (["CTCF/K562", "CTCF/GM12878", "MYC/K562"], ["CTCF/K562", "MYC/K562"], {0: 0, 1: 2}),
        (["CTCF/K562", "CTCF/GM12878"], ["CTCF/HepG2", "CTCF/GM12878"], {1: 1}),
        (["CTCF/K562"], ["CTCF/HepG2"], {0: 0}),
        (["CTCF/K562", "CTCF/GM12878"], ["CTCF/HepG2"], {}),
        (["CTCF"], ["CTCF/HepG2", "MYC/HepG2"], {0: 0}),
    ],
)
def test_corresponding_targets(earlier, table, expected):
    def targets(texts):
        names, cells = zip(*(f"{text}/".split("/")[:2] for text in texts), strict=True)
        return pd.DataFrame({"name": names, "cell_type": cells})

    assert corresponding_targets(targets(table), targets(earlier)) == expected


@pytest.mark.parametrize("part", ["all but the first", "TF", "reversed"])
def test_targets_of_a_part_of_the_official_table_are_found(part):
    official = read_targets(OFFICIAL)
    table = {
        "all but the first": official[1:],
        "TF": official[official["group"] == "TF"],
        "reversed": official[::-1],
    }[part]
    found = corresponding_targets(table.reset_index(drop=True), official)
    assert sorted(found) == list(range(len(table)))
    columns = ["name", "cell_type", "assay", "treatment"]
    assert (
        official.loc[[*found.values()], columns].to_numpy()
        == table.iloc[[*found]][columns].to_numpy()
    ).all()
    assert len(set(found.values())) == len(found)
