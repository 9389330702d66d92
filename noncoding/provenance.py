"""Which code makes a result, and with which versions."""

import ast
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from noncoding import __version__

_PACKAGES = (
    "snakemake",
    "torch",
    "pytorch-lightning",
    "transformers",
    "h5py",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "scikit-learn",
    "bioframe",
    "pysam",
    "tangermeme",
    "captum",
    "modisco-lite",
    "memelite",
)


def versions() -> dict[str, str]:
    """Versions of the project, of Python and of what computes, by name."""
    found = {"noncoding": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def source_files(script: str | Path, root: str | Path) -> list[Path]:
    """A script and all modules of this project that it imports, however deep.

    Parameters
    ----------
    script : path
        Python file.
    root : path
        Folder that holds the package ``noncoding``.

    Returns
    -------
    list of Path
        Sorted, the script first.
    """
    root, script = Path(root), Path(script)
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imported(path, root))
    return [script, *sorted(seen - {script})]


def _imported(path: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.relative_to(root).parts[: -node.level]) if node.level else ""
            module = ".".join(filter(None, [package, node.module]))
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == "noncoding":
                yield from _files_of(name, root)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The module's file and those of the packages around it, which it runs too."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:depth])
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                yield path
