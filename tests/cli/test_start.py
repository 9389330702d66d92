"""The start of the command."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

HELP = """
import sys
from importlib import metadata
from pathlib import Path
from noncoding.cli.app import app
try:
    app(sys.argv[1:])
finally:
    print(*sorted({"torch", "transformers", "pytorch_lightning", "snakemake"} & sys.modules.keys()))
"""


@pytest.mark.parametrize("command", [[], ["init"], ["predict"], ["variants"], ["models"]])
def test_help_is_shown_without_loading_torch(command, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", HELP, *command, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *shown, loaded = done.stdout.splitlines()
    assert "Usage:" in "".join(shown)
    assert loaded == ""


def test_init_writes_an_overlay_without_loading_torch(tmp_path):
    (tmp_path / "g.fa").write_text(f">I\n{'ACGT' * 5000}\n")
    (tmp_path / "A.bed").write_text("".join(f"I\t{n}\t{n + 200}\n" for n in range(0, 19000, 900)))
    done = subprocess.run(
        [sys.executable, "-c", HELP, "init", "--fasta", "g.fa", "--peaks", "A.bed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""
    assert (tmp_path / "overlay.yaml").is_file()


def test_the_version_is_that_of_the_installed_package(tmp_path):
    for command in (
        [sys.executable, "-m", "noncoding"],
        [Path(sys.executable).parent / "noncoding"],
    ):
        done = subprocess.run(
            [*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"noncoding {metadata.version('noncoding')}\n"
