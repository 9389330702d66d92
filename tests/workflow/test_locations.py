"""The pipeline, its inputs and its results may be in any folder."""

import pytest
from toy_inputs import write_genome
from workflows import copy_pipeline, planned, snakemake, tiny

from noncoding.data.store import Store

# Peaks of 1 bp at 100, 150, … of p and at 130, 180, … of q. Each is in a bin of 10 bp, which is in
# the middle of a window of 40 bp.
ROWS = sorted(
    [(start - 15, start + 25, [1, 0]) for start in range(100, 300, 50)]
    + [(start - 15, start + 25, [0, 1]) for start in range(130, 300, 50)]
)


def linked_results(run, pipeline):
    (run.parent / "disk").mkdir()
    (run / "results").symlink_to(run.parent / "disk")
    return run, pipeline, write_genome(run)


def spaces_and_umlauts(run, pipeline):
    run = run.rename(run.with_name("Läufe 1 (neu)"))
    return run, pipeline.rename(run.with_name("die Pipeline (ü)")), write_genome(run)


def read_only_pipeline(run, pipeline):
    for path in [*pipeline.rglob("*"), pipeline]:
        path.chmod(0o555)
    return run, pipeline, write_genome(run)


def inputs_elsewhere(run, pipeline):
    shelf = run.with_name("other disk")
    shelf.mkdir()
    genome = write_genome(shelf)
    genome["fasta"]["url"] = (shelf / "genome.fa").as_uri()
    genome["peaks"]["folder"] = str(shelf / "peaks")
    return run, pipeline, genome


def files(folder):
    """Files, but for Python's own cache, and when they were changed."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.stat().st_mtime_ns for path in found}


@pytest.mark.parametrize(
    "located", [linked_results, spaces_and_umlauts, read_only_pipeline, inputs_elsewhere]
)
def test_stores_are_the_same_and_the_pipeline_is_unchanged(located, tmp_path):
    (tmp_path / "run").mkdir()
    run, pipeline, genome = located(tmp_path / "run", copy_pipeline(tmp_path / "pipeline"))
    # Root may write to a read-only folder, too.
    before = files(pipeline)
    status, said = snakemake(run, "tile", config=tiny(own=genome), pipeline=pipeline)
    assert status == 0, said[-3000:]
    assert files(pipeline) == before

    for split, chromosome in {"train": "one", "valid": "two", "test": "three"}.items():
        with Store(run / "results" / "own" / "data" / f"{split}.h5") as store:
            loci = store.loci().itertuples(index=False)
            rows = [
                (*locus, label.tolist()) for locus, label in zip(loci, store.labels(), strict=True)
            ]
        assert rows == [(chromosome, *row) for row in ROWS]
    _, said = snakemake(run, "tile", "--dry-run", config=tiny(own=genome), pipeline=pipeline)
    assert planned(said) == set()
