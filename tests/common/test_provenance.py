import os
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("stage", ["convert", "train", "report"])
def test_source_files_are_those_that_python_finds(stage):
    """Compared with the standard library, which follows the imports in compiled code."""
    script = ROOT / "scripts" / f"{stage}.py"
    finder = ModuleFinder([str(ROOT)], excludes=["noncoding.layout", "noncoding.settings"])
    finder.run_script(str(script))
    found = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    assert set(source_files(script, ROOT)) == found


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
