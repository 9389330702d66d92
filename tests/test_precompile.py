import memelite.fimo
import memelite.tomtom
import numpy as np
import tangermeme.ersatz
from modiscolite import affinitymat, aggregator, gapped_kmer, util
from numba.core.dispatcher import Dispatcher
from planted import MOTIF, planted

from noncoding import precompile
from noncoding.attribution.checks.motif_enrichment import motif_hits
from noncoding.attribution.gradients import shuffled
from noncoding.motifs.patterns import patterns
from noncoding.motifs.tomtom import matches

OF_MODISCO = (affinitymat, aggregator, gapped_kmer, util)


def functions(modules):
    return [f for module in modules for f in vars(module).values() if isinstance(f, Dispatcher)]


def compiled():
    """Signatures for which functions of the libraries have been compiled or loaded."""
    modules = (memelite.fimo, memelite.tomtom, tangermeme.ersatz, *OF_MODISCO)
    return {(each.__qualname__, one) for each in functions(modules) for one in each.signatures}


def test_stages_compile_nothing_more():
    for call in precompile.CALLS:
        call()
    before = compiled()
    assert before
    generator = np.random.default_rng(1)
    sequences = np.eye(4, dtype=np.uint8)[generator.integers(0, 4, (30, 300))].transpose(0, 2, 1)
    motifs = {f"{width}": generator.dirichlet(np.ones(4), width).T for width in (6, 12, 19)}
    shuffled(sequences)
    motif_hits(sequences, motifs["12"])
    matches(list(motifs.values()), motifs)
    sequences, starts = planted(100, 200)
    contributions = generator.normal(0, 0.05, sequences.shape).astype(np.float32)
    for row, start in enumerate(starts):
        contributions[row, :, start : start + len(MOTIF)] += 1
    assert patterns(sequences, contributions * sequences, most=3)
    assert compiled() == before
    # All of them are kept: loaded where they have been compiled before.
    kept = [function.stats for function in functions(OF_MODISCO) if function.signatures]
    assert len(kept) > 10
    assert all(stats.cache_path for stats in kept)
