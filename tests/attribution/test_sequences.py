"""Sequences given by the user: loci and FASTA files."""

import gzip

import numpy as np
import pandas as pd
import pytest
from toy_store import LENGTH, toy_split

from noncoding.attribution.sequences import of_store, read_fasta, rows_of, without_unknown
from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store

TABLE = pd.DataFrame({"index": [0], "name": ["a"], "group": ["TF"]})


@pytest.fixture
def store(tmp_path):
    """Windows of 40 bp in steps of 10 bp on two chromosomes."""
    starts = np.tile(np.arange(5) * 10 + 100, 2)
    loci = pd.DataFrame({"chromosome": ["I"] * 5 + ["II"] * 5, "start": starts})
    loci["end"] = loci["start"] + LENGTH
    with new_store(tmp_path / "s.h5", StoreHeader(LENGTH, 10, FORWARD, TABLE, {})) as writer:
        writer.append(toy_split(10, 0)[0], np.ones((10, 1), np.uint8), loci)
    with Store(tmp_path / "s.h5") as opened:
        yield opened


def test_loci_are_rows_or_one_based_regions(store):
    rows, problems = rows_of([7, "I:111-150", "II:141-180", 7], store)
    # Bases 111 to 150 are the window with the 0-based start 110.
    assert rows.tolist() == [7, 1, 9]
    assert problems == []


@pytest.mark.parametrize("entry", [10, -1, "III:1-40", "somewhere"])
def test_an_unknown_locus_is_reported(store, entry):
    rows, [problem] = rows_of([entry, 2], store)
    assert rows.tolist() == [2]
    assert repr(entry) in problem
    assert "a row from 0 to 9" in problem


def test_sequences_are_in_the_given_order(store):
    given = of_store(store, np.array([7, 1]))
    np.testing.assert_array_equal(given.one_hot, toy_split(10, 0)[0][[7, 1]])
    assert given.places == ["II:121–160", "I:111–150"]


@pytest.mark.parametrize("name", ["some.fa", "some.fa.gz"])
def test_a_fasta_record_of_another_length_is_reported(tmp_path, name):
    right = letters(toy_split(1, 0)[0][0])
    text = f">one first\n{right[:25]}\n{right[25:].lower()}\n>two\n{right[:-1]}\n".encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    given, [problem] = read_fasta(path, LENGTH)
    np.testing.assert_array_equal(given.one_hot, toy_split(1, 0)[0])
    assert given.places == ["one"]
    assert problem.startswith(f"{name}, record two: found 39 bp; expected 40")


def test_a_file_that_is_not_fasta_is_refused(tmp_path):
    path = tmp_path / "some.fa"
    for content in (b"", b"no fasta at all"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"some\.fa.*FASTA"):
            read_fasta(path, LENGTH)
    with pytest.raises(InputError, match="FASTA"):
        read_fasta(tmp_path / "missing.fa", LENGTH)


def test_sequences_of_unknown_bases_are_omitted(tmp_path):
    path = tmp_path / "some.fa"
    path.write_text(f">known\n{'ACGN' * 10}\n>unknown\n{'N' * 40}\n")
    given, problems = read_fasta(path, LENGTH)
    kept, omitted = without_unknown(given)
    assert problems == [] and kept.places == ["known"]
    assert omitted == ["unknown: found only N; expected known bases. It is omitted."]
