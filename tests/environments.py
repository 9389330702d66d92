"""Python environments with the pinned packages, with or without this project."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

OFFLINE = ("--no-index", "--no-deps", "--no-build-isolation")
"""Options of `pip install` that take build tools and requirements from the environment."""


def run(*command, folder, **variables):
    """Run a command in a folder, without the search path of the tests."""
    variables = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"} | variables
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def install(python, *arguments, folder):
    """Install into the environment of an interpreter, from no index."""
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    done = run(*command, *OFFLINE, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr


def environment(folder):
    """The interpreter of a new environment that contains the pinned packages, but not this one."""
    venv.create(folder, symlinks=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    # A .pth file in a folder that is added by one is not read: editable packages are not found.
    (packages / "pinned.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"
