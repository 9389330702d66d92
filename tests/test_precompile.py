import memelite.fimo
import memelite.tomtom
import numpy as np
import tangermeme.ersatz
from numba.core.dispatcher import Dispatcher

from noncoding import precompile
from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.gradients import shuffled
from noncoding.motifs.tomtom import matches


def compiled():
    """Signatures for which functions of the libraries have been compiled or loaded."""
    return {
        (name, signature)
        for module in (memelite.fimo, memelite.tomtom, tangermeme.ersatz)
        for name, function in vars(module).items()
        if isinstance(function, Dispatcher)
        for signature in function.signatures
    }


def test_stages_compile_nothing_more():
    precompile.main()
    before = compiled()
    assert before
    generator = np.random.default_rng(1)
    sequences = np.eye(4, dtype=np.uint8)[generator.integers(0, 4, (30, 300))].transpose(0, 2, 1)
    motifs = {f"{width}": generator.dirichlet(np.ones(4), width).T for width in (6, 12, 19)}
    shuffled(sequences)
    motif_hits(sequences, motifs["12"])
    matches(list(motifs.values()), motifs)
    assert compiled() == before
