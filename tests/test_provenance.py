import re
from pathlib import Path

import pytest
import yaml

from noncoding.provenance import source_files, versions

ROOT = Path(__file__).parents[1]
# From left to right: a module imports only from its own room and those before it.
ROOMS = [
    ["errors", "files", "memory", "provenance", "downloads", "holder"],
    ["configuration", "stage", "alphabet", "targets", "figures"],
    ["store", "metrics", "group_figures"],
    ["fetch", "unpack", "verify"],
    ["bundle"],
    ["simulate", "convert", "build"],
    ["describe"],
    ["loader"],
    ["models"],
    ["estimate"],
    ["train"],
    ["predict", "baseline"],
    ["evaluate"],
    ["compare"],
    ["sweep"],
    ["explain"],
    ["discover"],
    ["report"],
]


def room_of(module):
    for number, names in enumerate(ROOMS):
        if module in names:
            return number
    raise AssertionError(f"{module} stands in no room: add it to ROOMS")


@pytest.mark.parametrize("path", sorted((ROOT / "noncoding").rglob("*.py")), ids=lambda p: p.stem)
def test_a_module_imports_only_from_the_rooms_before_it(path):
    parts = path.relative_to(ROOT / "noncoding").with_suffix("").parts
    if parts == ("__init__",):
        return
    assert "snakemake" not in re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.M)
    for imported in re.findall(r"^(?:from|import) noncoding\.(\w+)", path.read_text(), re.M):
        if imported != parts[0]:
            assert room_of(imported) <= room_of(parts[0]), f"{path} imports {imported}"


def test_a_stage_has_one_name():
    for script in (ROOT / "scripts").glob("*.py"):
        assert (ROOT / "rules" / f"{script.stem}.smk").exists()
        assert (ROOT / "noncoding" / f"{script.stem}.py").exists() or (
            ROOT / "noncoding" / script.stem / "__init__.py"
        ).exists()


def test_source_files_follow_imports(tmp_path):
    package = tmp_path / "noncoding"
    (package / "deep").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "a.py": "from noncoding.deep import b\n",
        "unused.py": "",
        "deep/__init__.py": "import noncoding.c\n",
        "deep/b.py": "import os\n",
        "c.py": "from noncoding import a\n",
    }.items():
        (package / name).write_text(text)
    script = tmp_path / "script.py"
    script.write_text("from noncoding.a import anything\n")
    found = [path.relative_to(tmp_path).as_posix() for path in source_files(script, tmp_path)]
    assert found[0] == "script.py"
    assert found[1:] == [
        "noncoding/__init__.py",
        "noncoding/a.py",
        "noncoding/c.py",
        "noncoding/deep/__init__.py",
        "noncoding/deep/b.py",
    ]


def pins(text, separator):
    found = re.findall(rf"^\s*(?:- )?([\w.-]+) ?{separator}([\w.]+)$", text, re.M)
    return {name.lower().replace("_", "-"): version for name, version in found}


def test_requirements_lock_and_conda_name_the_same_versions():
    wanted = pins((ROOT / "requirements.txt").read_text(), "==")
    locked = pins((ROOT / "requirements.lock").read_text(), "==")
    assert {name: locked.get(name) for name in wanted} == wanted
    conda = yaml.safe_load((ROOT / "envs" / "noncoding.yaml").read_text())["dependencies"]
    named = pins("\n".join(conda), "=")
    for pip, conda_name in {"torch": "pytorch", "isal": "python-isal"}.items():
        named[pip] = named.pop(conda_name)
    assert {name: wanted.get(name) for name in named} == named
    # What only the tests or Snakemake itself need is not in the rules' environment.
    heading = (ROOT / "requirements.txt").read_text().partition("# Tests")
    run_time = pins(heading[0], "==").keys() - {"snakemake", "snakemake-executor-plugin-slurm"}
    assert run_time == named.keys()


def test_versions_name_what_computed():
    found = versions()
    assert found["noncoding"]
    assert found["torch"].startswith("2.")
