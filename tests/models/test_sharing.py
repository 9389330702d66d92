"""The commands of docs/sharing.md, with a server of this machine in place of the hub."""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from emulated_hub import TOKEN, serving_hub
from loopback import serving

from noncoding.common.files import sha256
from noncoding.models.shipped import shipped_models

PAGE = Path(__file__).parents[2] / "docs" / "sharing.md"
MODEL = "lab/yeast-model"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run all blocks of the page in their order, in one folder; gives it, the outputs and the hub.

    The results of the yeast data set are the shipped model.
    """
    folder = tmp_path_factory.mktemp("sharing")
    shipped = shipped_models()["yeast"]
    results = folder / "results" / "yeast" / "convnext"
    for name in ("model", "evaluation"):
        (results / name).mkdir(parents=True)
    for path in filter(Path.is_file, shipped.iterdir()):
        (results / "model" / path.name).write_bytes(path.read_bytes())
    for path in (shipped / "evaluation").glob("*.*"):
        (results / "evaluation" / path.name).write_bytes(path.read_bytes())
    examples = pd.read_csv(shipped / "examples.tsv", sep="\t")
    fasta = [f">{row.protein}\n{row.sequence}\n" for row in examples.itertuples()]
    (folder / "sequences.fa").write_text("".join(fasta))
    # As installed: also where the tests run in another checkout than that of the environment.
    commands = folder / "bin"
    commands.mkdir()
    (commands / "noncoding").write_text(f'#!/bin/sh\nexec {sys.executable} -m noncoding "$@"\n')
    (commands / "noncoding").chmod(0o755)
    outputs = []
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(serving_hub())
        url = stack.enter_context(serving(folder))
        hub.private.add(MODEL)
        variables = hub.environment(folder / "home") | {"HF_TOKEN": TOKEN}
        variables["PATH"] = f"{commands}:{variables['PATH']}"
        given = {"DIGEST": sha256(shipped / "model.safetensors"), "https://example.org": url}
        for language, block in re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
            given["COMMIT"] = hub.refs.get((MODEL, "v1"), "COMMIT")
            for name, value in given.items():
                block = block.replace(name, value)
            # The archive is downloaded and unpacked elsewhere than it was made.
            place = folder / "reader" if "curl" in block else folder
            place.mkdir(exist_ok=True)
            if language == "python":
                zeros = "import torch\nsequences = torch.zeros(1, 4, 1000)\n"
                command = [sys.executable, "-c", zeros + block]
            else:
                command = ["bash", "-e", "-c", block]
            done = subprocess.run(
                command, cwd=place, env=variables, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (block, done.stderr)
            assert TOKEN not in done.stdout + done.stderr
            outputs.append((block, done.stdout))
        yield folder, outputs, hub


def output_of(run, command):
    [output] = [output for block, output in run[1] if command in block]
    return output


def test_the_uploaded_files_are_those_of_the_folder(run):
    folder, _, hub = run
    files = hub.commits[MODEL, hub.refs[MODEL, "v1"]]
    published = folder / "yeast-model"
    assert files == {
        path.relative_to(published).as_posix(): path.read_bytes()
        for path in published.rglob("*")
        if path.is_file()
    }
    assert hub.refs[MODEL, "v1"] in output_of(run, "hf upload")
    assert (MODEL, "v2") in hub.refs


def test_the_test_results_are_part_of_a_published_folder(run):
    for command in ("cp -r", "curl"):
        assert "loci" in output_of(run, command)
    assert "yeast-model.tar.gz: OK" in output_of(run, "curl")


def test_the_probabilities_of_the_shared_model_are_those_of_the_examples(run):
    predicted = pd.read_csv(run[0] / "probabilities.tsv", sep="\t")
    examples = pd.read_csv(shipped_models()["yeast"] / "examples.tsv", sep="\t")
    names = examples["protein"].tolist()
    assert abs(predicted[names] - examples[names]).to_numpy().max() < 1e-3


def test_the_digest_and_the_cache_are_checked(run):
    assert output_of(run, "hf download").endswith("downloaded/model.safetensors: OK\n")
    assert "hf cache verify" in run[1][-1][0]
