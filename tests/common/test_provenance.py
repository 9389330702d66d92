import ast
import os
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

from noncoding import layout
from noncoding.common.provenance import source_files, versions

ROOT = Path(__file__).parents[2]


def test_each_script_is_named_after_its_stage():
    """A module may hold a stage and its genome-wide form."""
    modules = {path.stem for path in (ROOT / "noncoding" / "stages").glob("[a-z]*.py")}
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == set(layout.FOLDERS)
    assert modules <= set(layout.FOLDERS)


def test_source_files_follow_imports(tmp_path):
    package = tmp_path / "noncoding"
    (package / "deep").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "a.py": "from noncoding.deep import b\nfrom noncoding import layout\n",
        "layout.py": "",
        "unused.py": "",
        "deep/__init__.py": "import noncoding.c\n",
        "deep/b.py": "import os\n\n\ndef late():\n    if os:\n        from . import d\n",
        "f.py": "from noncoding import (  # of the package (all)\n    g as other,\n)\n",
        "g.py": "",
        "deep/d.py": "from ..e import anything\n",
        "c.py": "from noncoding import \\\n    a\n",
        # Prose that begins as an import does.
        "e.py": '"""To\nimport noncoding.f (see\nfrom noncoding import it).\n"""\n\n'
        "from noncoding import f\n",
    }.items():
        (package / name).write_text(text)
    script = tmp_path / "script.py"
    script.write_text("if __name__:\n    from noncoding.a import anything\n")
    found = [path.relative_to(tmp_path).as_posix() for path in source_files(script, tmp_path)]
    assert found[0] == "script.py"
    assert found[1:] == [
        "noncoding/__init__.py",
        "noncoding/a.py",
        "noncoding/c.py",
        "noncoding/deep/__init__.py",
        "noncoding/deep/b.py",
        "noncoding/deep/d.py",
        "noncoding/e.py",
        "noncoding/f.py",
        "noncoding/g.py",
    ]


def test_source_files_are_those_of_the_syntax_trees():
    files = {path: ast.parse(path.read_text()) for path in (ROOT / "noncoding").rglob("*.py")}
    imported = {}
    for path, tree in files.items():
        package = ".".join(path.relative_to(ROOT).parts[:-1])
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                module = resolve_name("." * node.level + (node.module or ""), package)
                modules = [module, *(f"{module}.{each.name}" for each in node.names)]
            for module in modules:
                place = ROOT / module.replace(".", "/")
                imported.setdefault(path, set()).update(
                    {place.with_suffix(".py"), place / "__init__.py"} & files.keys()
                )
    for stage in ("convert", "train", "explain"):
        found = set(source_files(ROOT / "noncoding" / "stages" / f"{stage}.py", ROOT))
        for path in found:
            missing = imported.get(path, set()) - found
            assert not [
                each
                for each in missing
                if each.name != "layout.py" and "settings" not in each.parts
            ]


def test_versions():
    found = versions()
    assert found["noncoding"]
    assert found["torch"].startswith("2.")


def test_sources_are_read_in_any_locale():
    """The sources of all stages and the configuration, which are not all ASCII."""
    script = f"""
import yaml
from pathlib import Path
from noncoding.common.provenance import source_files
from noncoding.settings.config import check_settings
from noncoding.settings.yaml_types import check_files
root = Path({str(ROOT)!r})
for script in sorted((root / "scripts").glob("*.py")):
    source_files(script, root)
check_files([root / "config.yaml"])
config = yaml.safe_load((root / "config.yaml").read_bytes())
check_settings(config)
"""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=os.environ | ascii_only, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
