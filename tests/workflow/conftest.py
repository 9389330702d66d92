"""A toy bundle on a server of the loopback, a toy genome, and a finished run of both."""

import fcntl
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest
from loopback import serving
from toy_bundle import write_toy_bundle
from toy_inputs import SIMULATED, bundle_of, write_applied, write_genome
from workflows import SECRET, copy_pipeline, snakemake, tiny

RENAMES = """
import os
import sys


def note(event, arguments):
    if event == "os.rename":
        line = "\\t".join(os.path.abspath(os.fspath(name)) for name in arguments[:2])
        with open({log!r}, "a") as log:
            log.write(line + "\\n")


sys.addaudithook(note)
"""
"""A `sitecustomize` that notes each renamed file: its name before and after."""


class Finished(NamedTuple):
    """A checkout with a finished run of a bundle and a genome."""

    folder: Path
    config: dict
    said: str
    renames: Path

    def copied(self, folder):
        """A copy of the checkout and its results, which a test may change."""
        return Path(shutil.copytree(self.folder, folder))


@pytest.fixture
def bundle(tmp_path):
    """A toy bundle on a server, and its target table in the folder of the run."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    write_toy_bundle(shelf / "toy.tar.gz")
    with serving(shelf) as url:
        yield bundle_of(f"{url}/toy.tar.gz", tmp_path / "targets.tsv")


@pytest.fixture
def shelf(tmp_path, genome):
    """The toy genome, motifs, regions and an archive of peaks on a server; gives its URL."""
    shelf = tmp_path / "shelf"
    (tmp_path / "peaks").rename(shelf)
    (tmp_path / "genome.fa").rename(shelf / "genome.fa")
    (shelf / "motifs.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF m\nletter-probability matrix: w= 2\n"
        "1 0 0 0\n0 1 0 0\n"
    )
    (shelf / "exclude.bed").write_text("one\t0\t10\n")
    with tarfile.open(shelf / "peaks.tar", "w") as archive:
        archive.add(shelf / "p.bed", "p.bed")
    with serving(shelf) as url:
        yield url


@pytest.fixture
def genome(tmp_path):
    """Three chromosomes and two peak files in the folder of the run."""
    return write_genome(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, request):
    """The finished run, which the workers of pytest-xdist share: it is made once, by the first."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if hasattr(request.config, "workerinput") else base
    folder = base / "finished"
    with (base / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "finished.json").exists():
            config, said = _finish(folder, base / "renames.tsv")
            (base / "finished.json").write_text(json.dumps([config, said]))
    config, said = json.loads((base / "finished.json").read_text())
    return Finished(folder, config, said, base / "renames.tsv")


def _finish(folder, renames):
    folder = copy_pipeline(folder)
    own = write_genome(folder)
    # What a changed configuration can name beside them.
    shutil.copytree(folder / "peaks", folder / "others")
    (folder / "exclude.bed").write_text("one\t0\t10\n")
    (folder / "other.vcf").touch()
    shelf = folder / "shelf"
    shelf.mkdir()
    write_toy_bundle(shelf / "toy.tar.gz")
    custom = folder / "custom"
    custom.mkdir()
    (custom / "sitecustomize.py").write_text(RENAMES.format(log=str(renames)))
    with serving(shelf) as url, pytest.MonkeyPatch.context() as patch:
        secret = f"{url.replace('//', f'//me:{SECRET}@')}/toy.tar.gz?token={SECRET}"
        toy = bundle_of(secret, folder / "targets.tsv")
        shutil.copy(folder / "targets.tsv", folder / "other.tsv")
        config = tiny(
            toy=toy | {"targets": "targets.tsv", "disk_gib": None}, own=own | {"disk_gib": None}
        )
        config["apply"] = write_applied(folder)
        config["evaluate"]["genome_wide"] = True
        patch.setenv("PYTHONPATH", str(custom), prepend=os.pathsep)
        status, said = snakemake(folder, config=config, pipeline=folder)
        assert status == 0, said[-5000:]
        # What a bundle and a genome alone do not have.
        for stage, other in {"sweep": config, "simulate": tiny(sim=SIMULATED)}.items():
            status, of_stage = snakemake(folder, stage, config=other, pipeline=folder)
            assert status == 0, of_stage[-5000:]
    return config, said
