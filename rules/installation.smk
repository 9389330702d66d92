# Where the files of this workflow are, and whether jobs import its version of the package.

import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.sourcecache import HostingProviderFile

# The folder of this workflow; None if Snakemake loads it from a repository or by URL.
BASE = os.fspath(SOURCE) if isinstance(SOURCE, os.PathLike) else None
if BASE and {"{", "}"} & set(BASE):
    raise WorkflowError(
        f"{BASE}: found a folder with braces; expected a path without them, which Snakemake takes "
        "for wildcards. Rename the folder."
    )


def workflow_file(name):
    """Path of a file of this workflow; without a folder, of the copy in Snakemake's cache."""
    return f"{BASE}/{name}" if BASE else workflow.source_path(f"../{name}")


def has_file(name):
    """Whether this workflow has a file of this name."""
    return Path(BASE, name).exists() if BASE else workflow.sourcecache.exists(SOURCE.join(name))


def package_file(name):
    """Content of a file of the package in this workflow's version, or None if it has none."""
    try:
        if BASE:
            return Path(BASE, "noncoding", name).read_bytes()
        if isinstance(SOURCE, HostingProviderFile):
            tree = SOURCE.hosted_repo.repo.commit(SOURCE.ref).tree
            return tree[SOURCE.join(f"noncoding/{name}").path].data_stream.read()
        return Path(workflow_file(f"noncoding/{name}")).read_bytes()
    except (FileNotFoundError, NotADirectoryError, KeyError):
        return None


def installation(*options):
    """The command that installs this workflow's version of the package, as far as it is known."""
    pip = shlex.join([sys.executable, "-m", "pip", "install", *options])
    if BASE:
        return f"{pip} --editable {shlex.quote(BASE)}"
    if isinstance(SOURCE, HostingProviderFile):
        return f"{pip} git+https://{SOURCE.host}/{SOURCE.repo}@{SOURCE.ref}"
    version = Path(workflow_file("noncoding/VERSION")).read_text(encoding="utf-8").strip()
    return f"{pip} <a checkout of version {version}>"


def check_installation():
    """Refuse a Python environment without this project, or with another version of it.

    Jobs import the installed package; this process would also find the one of a checkout, since
    Snakemake adds the folder of the Snakefile to its own search path.
    """
    # Like a script, which does not search the working directory.
    command = [sys.executable, "-P", "-c", "import noncoding; print(*noncoding.__path__)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        environment = f" (after `make setup`: {BASE}/.venv/bin/snakemake)" if BASE else ""
        raise WorkflowError(
            f"{sys.prefix}: found a Python environment without the package noncoding; expected the "
            f"one in which this project is installed. Use the snakemake of that environment"
            f"{environment}, or run `{installation()}`."
        )
    installed = Path(done.stdout.removesuffix("\n"))
    if BASE and Path(BASE, "noncoding").resolve() == installed.resolve():
        return
    files = [path for path in installed.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    contents = {path.relative_to(installed).as_posix(): path.read_bytes() for path in files}
    if not BASE and not isinstance(SOURCE, HostingProviderFile):
        # Not every file is downloaded.
        contents = {"VERSION": contents["VERSION"]}
    if different := sorted(name for name in contents if package_file(name) != contents[name]):
        shared = "; or, if several checkouts share this environment, set PYTHONPATH="
        # Of the same version number, pip would keep the installed package.
        other = BASE or "VERSION" in different
        options = [] if other else ["--force-reinstall", "--no-deps"]
        raise WorkflowError(
            f"{installed}: found another version of the package than in {SOURCE} (different: "
            f"{len(different)} files, such as {different[0]}); expected the same, since jobs "
            f"import the installed one. Run `{installation(*options)}`"
            f"{shared + shlex.quote(BASE) if BASE else ''}."
        )


# Snakemake does not quote the interpreter in the commands of jobs. A quoted path, also of another
# import of this workflow, is no longer the path of a file.
if Path(sys.executable).exists():
    # In the main process and on the nodes of a cluster, which may have another environment.
    if not workflow.subprocess_exec:
        check_installation()
    sys.executable = shlex.quote(sys.executable)
