"""Reading MEME files."""

import numpy as np
import pytest
from memelite.io import write_meme

from noncoding.errors import InputError
from noncoding.motifs.meme import read_motifs


def test_motifs_are_read_as_they_were_written(tmp_path):
    generator = np.random.default_rng(0)
    motifs = {f"MA000{n}.1 P{n}": generator.dirichlet([0.5] * 4, n + 3).T for n in range(4)}
    write_meme(str(tmp_path / "m.meme"), motifs)
    found = read_motifs(tmp_path / "m.meme")
    assert list(found) == list(motifs)
    for name, matrix in motifs.items():
        np.testing.assert_allclose(found[name], matrix, atol=1e-5)


def test_what_is_not_meme_is_refused(tmp_path):
    (tmp_path / "page.html").write_text("<html></html>")
    for name in ("page.html", "none.meme"):
        with pytest.raises(InputError, match=rf"{name}: found .*expected matrices in MEME format"):
            read_motifs(tmp_path / name)
