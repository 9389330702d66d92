"""Bases and their shares at any position, against the text of the FASTA file."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noncoding.data.genome import coded_genome as module
from noncoding.data.genome.coded_genome import coded_genome
from noncoding.data.one_hot import codes

SEQUENCES = {"a": "ACGTNNacgtRYacgtTTTTGGGGNNNNNNNNnn", "b": "C", "c": "ttttACGTACGTGGcc" * 5}


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("coded") / "genome.fa.gz"
    text = "".join(f">{name}\n{letters}\n" for name, letters in SEQUENCES.items())
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def test_the_scratch_file_is_removed(fasta, tmp_path):
    with coded_genome(fasta, tmp_path) as genome:
        assert genome.genome.lengths == {name: len(own) for name, own in SEQUENCES.items()}
        assert any(tmp_path.iterdir())
    assert not any(tmp_path.iterdir())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_windows_and_their_composition(fasta, tmp_path_factory, data):
    name = data.draw(st.sampled_from(["a", "c"]))
    own = SEQUENCES[name]
    window = data.draw(st.integers(1, 20))
    step = data.draw(st.integers(1, 5))
    possible = st.integers(0, (len(own) - window) // step).map(lambda place: place * step)
    starts = np.array(data.draw(st.lists(possible, max_size=8)), dtype=np.int64)
    parts = [own[start : start + window] for start in starts]
    with (
        pytest.MonkeyPatch.context() as patch,
        coded_genome(fasta, tmp_path_factory.getbasetemp()) as genome,
    ):
        patch.setattr(module, "_BLOCK", data.draw(st.sampled_from([1, 7, 1 << 20])))
        found = genome.windows(name, starts, window)
        shares = genome.composition(name, starts, window)
    assert found.tolist() == [codes(part).tolist() for part in parts]
    for part, row in zip(parts, shares.to_dict("records"), strict=True):
        known = [letter for letter in part.upper() if letter in "ACGT"]
        assert row["unknown"] == pytest.approx(1 - len(known) / window)
        assert row["repeats"] == pytest.approx(sum(map(str.islower, part)) / window)
        gc = sum(letter in "GC" for letter in known) / len(known) if known else np.nan
        assert row["gc"] == pytest.approx(gc, nan_ok=True)
