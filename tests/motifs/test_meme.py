"""Motif files of all formats, and damaged ones."""

import gzip
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite.io import write_meme

from noncoding.common.errors import InputError
from noncoding.motifs.meme import read_motifs

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
MATRIX = "letter-probability matrix: alength= 4 w= 3 nsites= 4 E= 0\n"
ROWS = " 0.25 0.75 0 0\n 0 0 1 0\n 0.5 0 0 0.5\n"
MEME = f"{HEAD}MOTIF MA1 X\n{MATRIX}{ROWS}"
COUNTS = "1\t3\t0\t0\n0\t0\t4\t0\n2\t0\t0\t2\n"
KNOWN = np.array([[0.25, 0.75, 0, 0], [0, 0, 1, 0], [0.5, 0, 0, 0.5]]).T
TABLE = "Pos\tA\tC\tG\tT\n1\t0.25\t0.75\t0\t0\n2\t0\t0\t1\t0\n3\t0.5\t0\t0\t0.5\n"


def test_motifs_are_read_as_written(tmp_path):
    generator = np.random.default_rng(0)
    motifs = {f"MA000{n}.1 P{n}": generator.dirichlet([0.5] * 4, n + 3).T for n in range(4)}
    write_meme(str(tmp_path / "m.meme"), motifs)
    found = read_motifs(tmp_path / "m.meme")
    assert list(found) == list(motifs)
    for name, matrix in motifs.items():
        np.testing.assert_allclose(found[name], matrix, atol=1e-5)


@pytest.mark.parametrize(
    "content",
    [
        MEME,
        MEME.removeprefix(HEAD),
        MEME.replace(" w= 3", ""),
        MEME.replace("\n", "\r\n"),
        "\ufeff" + MEME + "\nURL http://example.org/MA1\n",
        MEME.replace(ROWS, COUNTS),
        MEME.replace("MA1 X\n", "MA1 X\n\nlog-odds matrix: alength= 4 w= 1\n 1 -2 3 4\n\n"),
        ">MA1\tX\nA  [ 1 0 2 ]\nC  [ 3 0 0 ]\nG  [ 0 4 0 ]\nT  [ 0 0 2 ]\n",
        ">MA1 X\n1 0 2\n3 0 0\n0 4 0\n0 0 2\n",
        f">MA1 X\n{COUNTS}",
        f">CGW\tMA1 X\t8.2\t-3.1\t0\n{COUNTS}",
        f"TF\tT1\nTF Name\tX\nGene\tE1\nMotif\tMA1\nFamily\tF\n{TABLE}\n",
        "AC MA1\nXX\nID X\nXX\nPO A C G T\n01 1 3 0 0 C\n02 0 0 4 0 G\n03 2 0 0 2 W\nXX\n//\n",
    ],
    ids=[
        *("meme", "no header", "no width", "windows", "mark and url", "counts", "log-odds"),
        *("jaspar", "jaspar pfm", "hocomoco", "homer", "cis-bp", "transfac"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_each_format_of_the_databases(tmp_path, content, packed):
    data = content.encode()
    (tmp_path / "m").write_bytes(gzip.compress(data) if packed else data)
    found = read_motifs(tmp_path / "m")
    assert list(found) == ["MA1 X"]
    np.testing.assert_allclose(found["MA1 X"], KNOWN)


def test_a_table_of_one_motif_is_named_after_its_file(tmp_path):
    (tmp_path / "M00111_2.00.txt").write_text(TABLE)
    assert list(read_motifs(tmp_path / "M00111_2.00.txt")) == ["M00111_2.00"]


def test_motifs_without_matrix_in_cis_bp_are_counted(tmp_path, caplog):
    empty = "TF Name\tY\nMotif\tM2\nPos\tA\tC\tG\tT\n\n"
    (tmp_path / "m").write_text(f"{empty}TF Name\tX\nMotif\tM1\n{TABLE}\n{empty}")
    assert list(read_motifs(tmp_path / "m")) == ["M1 X"]
    assert "2 of 3 motifs have no matrix" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html></html>", "line 1: found '<html></html>'"),
        ("", "found no motif"),
        (b"\0" * 100, "binary data"),
        (MEME.encode("utf-16"), "UTF-16"),
        (MEME.replace("X", "é").encode("latin-1"), "line 7: found the byte 0xe9"),
        (f"{HEAD}MOTIF MA0 Y\n\nMOTIF MA1 X\n{MATRIX}{ROWS}", "line 7: .*'MA0 Y' without a matrix"),
        (MEME.replace("MA1 X", ""), "line 7: found a motif without a name"),
        (MEME.replace("w= 3", "w= 9"), "3 rows in the motif 'MA1 X'; expected 9"),
        (MEME.replace("w= 3", "w= 2"), "line 11: found more rows than w= 2"),
        (MEME.replace("w= 3", "w= -2"), "line 8: found w= '-2'"),
        (MEME.replace("alength= 4", "alength= 20"), "line 8: found alength= 20"),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), "line 3: .*ALPHABET= ACGT"),
        (MEME.replace("0.75 0 0", "0.75 0"), "line 9: found 3 numbers"),
        (MEME.replace("0.75", "nan"), "line 9: found the values"),
        (MEME.replace("0.75", "-0.75"), "line 9: .*not log-odds"),
        (MEME.replace("0.75", "x"), "line 9"),
        (MEME.replace("0.75", "1.75"), "line 9: found values with the sum 2"),
        (MEME.replace("0.75", "0"), "line 9: found values with the sum 0.25"),
        (MEME[:-7], "line 11: found 2 numbers"),
        (f"{HEAD}{MATRIX}{ROWS}", "a matrix without a motif|no motif"),
        (f"{MEME}MOTIF MA1 X\n{MATRIX}{ROWS[15:]}1 0 0 0\n", "a second motif 'MA1 X'.*in line 7"),
        (">a\n1 2 3 4\n" + "1 2 3 4\n" * 3, "line 1: found four rows of four"),
        (">a\nA [1 2]\nC [1 2]\nG [1 2]\n", "line 1: found other rows"),
        (gzip.compress(MEME.encode())[:-20], "cannot be read"),
    ],
)
def test_errors_name_the_line(tmp_path, content, message):
    path = tmp_path / "m.meme"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=rf"m\.meme.*{message}"):
        read_motifs(path)


def test_a_missing_file_is_refused(tmp_path):
    for path, found in ((tmp_path / "none.meme", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=f"found {found}"):
            read_motifs(path)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_changed_file_is_read_or_refused(tmp_path_factory, data):
    text = data.draw(st.sampled_from([MEME, f">a\n{COUNTS}", f"Motif\tM\n{TABLE}"]))
    lines = text.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from(["", lines[at] * 2, lines[at][:-3], lines[0]]) | st.text()
    )
    path = tmp_path_factory.mktemp("m") / "m"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        for matrix in read_motifs(path).values():
            assert matrix.shape[0] == 4
            np.testing.assert_allclose(matrix.sum(axis=0), 1)
    except InputError as error:
        assert str(path) in str(error)


def test_reading_motifs_imports_no_heavy_library():
    script = (
        "import sys, noncoding.motifs.meme; "
        "assert not {'torch', 'numba', 'tangermeme', 'memelite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
