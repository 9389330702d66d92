"""The commands of the tutorials run, in the order of the page, on small simulated data.

A tutorial is run in a copy of the pipeline with the sizes of `SMALL`. Its downloads come from a
server on this machine, which takes the place of all others.
"""

import os
import random
import re
import shutil
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

import pytest
import yaml
from workflows import ROOT, copy_pipeline

PAGES = [ROOT / "docs" / "quick_start.md", *sorted((ROOT / "docs" / "tutorials").glob("*.md"))]
NAMES = [page.stem for page in PAGES]
DEMO = ".venv/bin/snakemake --configfile configs/demo.yaml"
SLURM = ".venv/bin/snakemake --workflow-profile profiles/mine --configfile configs/demo.yaml"
OWN = ".venv/bin/noncoding init --fasta genome.fa --peaks CTCF.bed --out mine.yaml"
INSTEAD = {
    ("quick_start", "make demo"): (f"{DEMO} --dry-run", "it runs in the tutorial of the demo"),
    ("quick_start", OWN): (
        ":",
        "it runs, on files that can be downloaded, in the tutorial own_peaks",
    ),
    ("quick_start", ".venv/bin/snakemake --configfile mine.yaml"): (":", "as the line before it"),
    ("slurm", "sinfo --format '%P %c %m %G'"): (":", "it needs SLURM"),
    ("slurm", SLURM): (f"{SLURM} --dry-run", "it needs SLURM; tests/slurm runs jobs on one node"),
    ("slurm", "squeue --me --format '%i %T %P %M %k'"): (":", "it needs SLURM"),
    ("deepsea", ".venv/bin/snakemake convert"): (
        ".venv/bin/snakemake convert --dry-run",
        "it needs the official archive; the demo converts a simulated one",
    ),
    ("deepsea", "make reproduce"): (
        "make --dry-run reproduce",
        "it needs the official archive and a GPU; the page runs the dry run of its command",
    ),
    ("deepsea", ".venv/bin/snakemake --configfile configs/deepsea_best.yaml"): (
        ".venv/bin/snakemake --configfile configs/deepsea_best.yaml --dry-run",
        "it needs the official archive and a GPU",
    ),
    (
        "deepsea",
        ".venv/bin/tensorboard --logdir results/deepsea/hybrid/training/tensorboard",
    ): (".venv/bin/tensorboard --version", "it runs until it is stopped"),
    (
        "deepsea",
        ".venv/bin/snakemake evaluate compare --config 'run={models: [hybrid, deepsea, danq]}'",
    ): (
        ".venv/bin/snakemake evaluate compare --config 'run={models: [hybrid, deepsea, danq]}' "
        "--dry-run",
        "it needs the official archive and a GPU",
    ),
}
"""Page and command → what is run in its place, and why."""
RESNET = {"stem_channels": 16, "channels": [16, 16]}
SMALL = {
    # Tiny batches are slower on several threads, most of all on shared cores.
    "profiles/default/config.yaml": {"cores": 2, "max-threads": 1, "resources": {"gpu": 2}},
    "config.yaml": {
        "models": {
            "compact": {"resnet": RESNET | {"channels": [16, 16, 16]}, "sequence": {"kind": "none"}}
        },
        "train": {"epochs": 1},
        "evaluate": {"replicates": 20},
        "explain": {"best_per_group": 1, "n_plotted": 1, "n_checked": 2, "n_sequences": 2},
        "motifs": {"sequences": 40},
    },
    "configs/demo.yaml": {
        "datasets": {
            "simulated": {"loci": {"train": 100, "valid": 40, "test": 60}, "prevalence": 0.3}
        },
        "models": {"small": {"resnet": RESNET}},
        "train": {"epochs": 1},
        "explain": {"targets": ["REB1"], "n_plotted": 1},
        "motifs": {"sequences": 40},
    },
}
"""Values that replace those of the configuration, so that a run takes seconds."""
CHROMOSOMES = {1: "I", 4: "IV", 9: "IX", 10: "X", 15: "XV"}
PROTEINS = ("Abf1", "Cbf1", "Rap1", "Reb1", "Ume6")
LENGTH = 170_000
SITE = (160_570, "TACCCGG" + "A" * 22 + "A")
"""Position (from 0) and bases of chromosome IX that the variants of the tutorial replace."""


def blocks(page):
    """Language and text of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def scripts(page):
    """The commands of each block, with what replaces them here."""
    for language, text in blocks(page):
        if language == "bash":
            lines = text.splitlines()
            yield "\n".join(INSTEAD.get((page.stem, line), (line,))[0] for line in lines)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_block_is_a_command_that_is_run_or_a_text(page):
    languages = {language for language, _ in blocks(page)}
    assert "bash" in languages
    assert languages <= {"bash", "text"}


def test_every_replaced_command_is_on_its_page():
    lines = {
        (page.stem, line)
        for page in PAGES
        for language, text in blocks(page)
        if language == "bash"
        for line in text.splitlines()
    }
    assert INSTEAD.keys() - lines == set()


def merge(values, over):
    """Lay nested values over others, in place."""
    for key, value in over.items():
        if isinstance(value, dict) and key in values and value.keys() != {"kind"}:
            merge(values[key], value)
        else:
            values[key] = value


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A genome and five peak files, with the names of the published ones."""
    folder = tmp_path_factory.mktemp("shelf")
    draw = random.Random(1)
    genome = {name: draw.choices("ACGT", k=LENGTH) for name in CHROMOSOMES.values()}
    start, bases = SITE
    genome["IX"][start : start + len(bases)] = bases
    text = "".join(f">{name}\n{''.join(bases)}\n" for name, bases in genome.items())
    (folder / "Saccharomyces_cerevisiae.R64-1-1.dna.toplevel.fa.gz").write_text(text)
    for protein in PROTEINS:
        peaks = [(number, draw.randrange(LENGTH)) for number in CHROMOSOMES for _ in range(12)]
        lines = [f"chr{number}\t{start}\t{start + 1}\n" for number, start in peaks]
        (folder / f"{protein}_CX.bed").write_text("".join(lines))
    return folder


@contextmanager
def any_server(folder):
    """A TLS server of the files of a folder, whatever the folder of a URL; gives its port."""

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return str(folder / PurePosixPath(path).name)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ROOT / "tests" / "data" / "download" / "self_signed.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def checkout(tmp_path, shelf):
    """A folder of the pipeline after ``make setup``, and the variables of its commands."""
    folder = copy_pipeline(tmp_path / "pipeline")
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for name, over in SMALL.items():
        values = yaml.safe_load((folder / name).read_text("utf-8"))
        merge(values, over)
        (folder / name).write_text(yaml.safe_dump(values), encoding="utf-8")
    (folder / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != "installed":
            (folder / ".venv" / entry.name).symlink_to(entry)
    (folder / ".venv" / "installed").touch()
    home = tmp_path / "home"
    home.mkdir()
    variables = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "CURL_HOME": str(home)}
    variables["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    with any_server(shelf) as port:
        (home / ".curlrc").write_text(
            f'connect-to = "::127.0.0.1:{port}"\ninsecure\nnoproxy = "*"\nsilent\nshow-error\n'
        )
        yield folder, os.environ | variables


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_commands_run_in_order(page, checkout):
    folder, variables = checkout
    for script in scripts(page):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout[-5000:]}"
        print(script, done.stdout)
