"""A toy bundle on a server of the loopback, a toy genome, and a finished run of both."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from toy_bundle import write_toy_bundle
from toy_inputs import bundle_of, write_genome
from workflows import copy_pipeline, snakemake, tiny


@pytest.fixture
def served(tmp_path):
    """A toy bundle on a server of the loopback."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    write_toy_bundle(shelf / "toy.tar.gz")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=shelf)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/toy.tar.gz"
    server.shutdown()
    server.server_close()


@pytest.fixture
def bundle(served, tmp_path):
    return bundle_of(served, tmp_path / "targets.tsv")


@pytest.fixture
def genome(tmp_path):
    """Three chromosomes and two peak files in the folder of the run."""
    return write_genome(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A checkout with a finished run of a bundle and a genome, and its configuration."""
    folder = copy_pipeline(tmp_path_factory.mktemp("finished"))
    shelf = folder / "shelf"
    shelf.mkdir()
    write_toy_bundle(shelf / "toy.tar.gz")
    toy = bundle_of("https://unreachable.invalid/toy.tar.gz", folder / "targets.tsv")
    own = write_genome(folder)
    shutil.copy(folder / "genome.fa", shelf)
    # What a change of the configuration can name beside them.
    shutil.copy(folder / "targets.tsv", folder / "other.tsv")
    shutil.copytree(folder / "peaks", folder / "others")
    (folder / "exclude.bed").write_text("one\t0\t10\n")
    toy |= {"targets": "targets.tsv", "disk_gib": None}
    config = tiny(toy=toy, own=own | {"disk_gib": None}) | {"mirror": "shelf"}
    status, said = snakemake(folder, config=config, pipeline=folder)
    assert status == 0, said[-5000:]
    return folder, config
