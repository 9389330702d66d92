"""Source files and software versions behind a result."""

import ast
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from importlib.util import resolve_name
from itertools import accumulate
from pathlib import Path

from noncoding import __version__

_PACKAGES = (
    *("snakemake", "torch", "pytorch-lightning", "transformers", "h5py", "numpy", "scipy"),
    *("pandas", "matplotlib", "scikit-learn", "bioframe", "tangermeme", "captum"),
    *("modisco-lite", "memelite", "pysam", "pyBigWig"),
)


def versions() -> dict[str, str]:
    """Versions of the project, of Python and of the libraries, by name."""
    found = {"noncoding": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


_IMPORT = re.compile(r"^[ \t]*((?:from|import)[ \t](?:\([^()]*\)|\\\n|[^\n\\(])*)", re.MULTILINE)
_OF_PROJECT = re.compile(r"noncoding|^from[ \t]+\.")
_NOT_COMPUTING = re.compile(r"noncoding\.(layout|settings(\..*)?)")


def source_files(script: str | Path, root: str | Path) -> list[Path]:
    """A script and all modules of this project that it imports, directly or indirectly.

    Modules that compute nothing are omitted: an output with a new name in `noncoding.layout` is
    missing, and the stage runs anyway; the values of `noncoding.settings` are parameters of rules.
    The script, which may be elsewhere, is first, and the modules are sorted; `root` is the folder
    with the package.
    """
    root, script = Path(root), Path(script)
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imported_files(path, root))
    return [script, *sorted(seen - {script})]


# Snakemake needs the files of all stages, which share most of them, at each start.
@cache
def _imported_files(path: Path, root: Path) -> tuple[Path, ...]:
    """Files of this project that a file imports, with those of their parent packages."""
    names: list[str] = []
    for statement in _imports(path.read_text(encoding="utf-8")):
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            # Only modules of the package have relative imports; the script may be elsewhere.
            package = ".".join(path.relative_to(root).parts[:-1]) if statement.level else None
            module = resolve_name("." * statement.level + (statement.module or ""), package)
            names += [f"{module}.{alias.name}" for alias in statement.names]
    modules = _modules(root)
    found = {part for name in names for part in accumulate(name.split("."), "{}.{}".format)}
    return tuple(modules[name] for name in found & modules.keys())


@cache
def _modules(root: Path) -> dict[str, Path]:
    """Files of the package by the names of their modules, without those that compute nothing."""
    found = {}
    for path in (root / "noncoding").rglob("*.py"):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        if not _NOT_COMPUTING.fullmatch(name):
            found[name] = path
    return found


def _imports(text: str) -> Iterable[ast.AST]:
    """The imports of this project in a file; other statements may be among them.

    Only these statements are parsed, since all files of the project would take a second.
    """
    found = filter(_OF_PROJECT.search, _IMPORT.findall(text))
    try:
        return ast.parse("\n".join(found)).body
    except SyntaxError:  # prose of a docstring, or a parenthesis in a comment
        return _statements(ast.parse(text))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements, nested ones included; expressions cannot import and are skipped."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, block, ()):
            yield child
            yield from _statements(child)
