"""Tables written by editors, spreadsheets and R."""

import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noncoding.common.errors import InputError
from noncoding.common.tables import read_table

PLAIN = "path\tname\na.bed\tNrsf é\nb c.bed\t007\n"
ROWS = [{"path": "a.bed", "name": "Nrsf é"}, {"path": "b c.bed", "name": "007"}]


def table_of(tmp_path, content):
    path = tmp_path / "some.tsv"
    path.write_bytes(content)
    return read_table(path, required=("path", "name"))


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        gzip.compress(PLAIN.encode(), mtime=0),
        PLAIN.rstrip("\n").encode(),
        f"\n{PLAIN}\n\t\n".encode(),
        PLAIN.replace("\n", "\t\t\n").encode(),  # empty columns of a spreadsheet
        PLAIN.replace("\t", " \t ").encode(),
        '"path"\t"name"\n"a.bed"\t"Nrsf é"\n"b c.bed"\t"007"\n'.encode(),
        '"path"\t"name"\n"1"\t"a.bed"\t"Nrsf é"\n"2"\t"b c.bed"\t"007"\n'.encode(),  # names of rows
    ],
)
def test_all_encodings_and_formats_give_the_same_text(tmp_path, content):
    assert table_of(tmp_path, content).rows == ROWS


@pytest.mark.parametrize(
    ("content", "row"),
    [
        # From R and from a spreadsheet; in both, the last value is empty.
        ("path\tname\tmotif\n1\ta.bed\tA\t\n", {"path": "a.bed", "name": "A", "motif": ""}),
        ("path\tname\tmotif\na.bed\tA\tM\t\n", {"path": "a.bed", "name": "A", "motif": "M"}),
        ("path\t\tname\t\tmotif\na\tx\tA\ty\tM\n", {"path": "a", "name": "A", "motif": "M"}),
        ("\tpath\tname\n1\ta\tA\n", {"path": "a", "name": "A"}),
    ],
)
def test_unnamed_columns_do_not_shift_values(tmp_path, content, row):
    table = table_of(tmp_path, content.encode())
    assert table.rows == [row]
    assert table.columns == list(row)


def test_short_rows_are_filled_and_lines_counted(tmp_path):
    table = table_of(tmp_path, b'path\tname\tgroup\n\na\tA\nb\t"B\nb"\tTF\n')
    assert table.columns == ["path", "name", "group"]
    assert [row["group"] for row in table.rows] == ["", "TF"]
    assert table.lines == [3, 5]


@pytest.mark.parametrize(
    ("content", "place", "fragment"),
    [
        (b"path\tname\na\tCaf\xe9\n", "line 2", r"byte 0xe9.*'a\\tCafé' if .* Latin-1"),
        ("path\tname\n".encode("utf-16-le"), "line 1", "NUL bytes"),
        ("path\tname\n".encode("utf-16")[:-1], "", "damaged UTF-16 text"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "", "end early"),
        (b"", "", "an empty file"),
        (b"\n\t\n", "", "an empty file"),
        (b"path,name\na,b\n", "", r"the columns path,name; .*a column 'path'"),
        (b"path\tname\tname\na\tb\tc\n", "", "the column 'name' twice"),
        (b"path\tname\na\tA\nb\tB\tC\tD\n", "line 3", "4 values"),
        (b'path\tname\na\t"A\n', "line 2", "cannot be read"),
        (b'path\tname\na\t"A"B\n', "line 2", "cannot be read"),
    ],
)
def test_unreadable_tables_are_reported(tmp_path, content, place, fragment):
    with pytest.raises(InputError, match=fragment) as error:
        table_of(tmp_path, content)
    assert error.value.where.endswith(f"some.tsv, {place}" if place else "some.tsv")


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("noncoding.common.compression.MOST_BYTES", 1 << 20)
    with pytest.raises(InputError, match="bytes that inflate to more than 1 MiB"):
        table_of(tmp_path, gzip.compress(PLAIN.encode() + b"#" * (1 << 20)))


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=4),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_round_trip_through_encodings(tmp_path_factory, cells, encoding):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t", quoting=csv.QUOTE_ALL).writerows([("path", "name"), *cells])
    table = table_of(tmp_path_factory.getbasetemp(), text.getvalue().encode(encoding))
    stripped = [(one.strip(), two.strip()) for one, two in cells]
    assert table.rows == [{"path": one, "name": two} for one, two in stripped if one or two]


@given(st.binary(max_size=40), st.integers(0, 40))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_bytes_are_read_or_refused(tmp_path_factory, noise, place):
    content = PLAIN.encode()
    try:
        table_of(tmp_path_factory.getbasetemp(), content[:place] + noise + content[place:])
    except InputError as error:
        assert len(str(error)) < 2000
