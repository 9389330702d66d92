import os
import subprocess
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from noncoding.common.provenance import source_files, versions

ROOT = Path(__file__).parents[2]


def test_each_script_is_named_after_its_stage():
    stages = {path.stem for path in (ROOT / "noncoding" / "stages").glob("[a-z]*.py")}
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == stages


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
        "deep/d.py": "from ..e import anything\n",
        "c.py": "from noncoding import a\n",
        "e.py": "",
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
    ]


def pinned(text):
    """Package → version of a requirements file, in which all must be pinned."""
    pins = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            [specifier] = requirement.specifier
            assert specifier.operator == "=="
            pins[canonicalize_name(requirement.name)] = specifier.version
    return pins


def test_the_lock_holds_the_required_versions():
    wanted, locked = (pinned((ROOT / f"requirements.{end}").read_text()) for end in ("txt", "lock"))
    assert {name: locked.get(name) for name in wanted} == wanted


def test_the_conda_environment_has_the_versions_of_pip():
    run_time, _, _ = (ROOT / "requirements.txt").read_text().partition("# Tests")
    wanted = pinned(run_time)
    # Snakemake runs outside the environment of the rules.
    for name in ("snakemake", "snakemake-executor-plugin-slurm"):
        del wanted[name]
    conda = yaml.safe_load((ROOT / "envs" / "noncoding.yaml").read_text())["dependencies"]
    named = dict(entry.split(" =") for entry in conda if not entry.startswith("python "))
    for name, conda_name in {"torch": "pytorch", "isal": "python-isal"}.items():
        named[name] = named.pop(conda_name)
    assert {canonicalize_name(name): version for name, version in named.items()} == wanted


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
    environment = os.environ | ascii_only | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
