"""The start of the command."""

import subprocess
import sys

import pytest

HELP = """
import sys
from noncoding.cli.app import app
try:
    app(sys.argv[1:])
finally:
    print(*sorted({"torch", "transformers", "pytorch_lightning", "snakemake"} & sys.modules.keys()))
"""


@pytest.mark.parametrize("command", [[], ["predict"], ["variants"], ["models"]])
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
