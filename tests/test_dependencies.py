"""The lists of dependencies: pyproject.toml, requirements.lock and envs/noncoding.yaml."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INDIRECT = {
    "tensorboard",  # used by Lightning
    "pydantic-core",  # part of pydantic
}


def by_name(requirements):
    parsed = map(Requirement, requirements)
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


DEPENDENCIES = by_name(PROJECT["dependencies"])
OPTIONAL = by_name(
    name
    for group in PROJECT["optional-dependencies"].values()
    for name in group
    if not name.startswith("noncoding")
)


def locked():
    """Package → version of the lock file, in which all must be pinned."""
    pins = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            [specifier] = requirement.specifier
            assert specifier.operator == "=="
            pins[canonicalize_name(requirement.name)] = specifier.version
    return pins


def imported(folder):
    """Distributions whose packages the modules of a folder import."""
    providers = packages_distributions()
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    names -= {*sys.stdlib_module_names, "noncoding"}
    return {canonicalize_name(one) for name in names for one in providers[name]}


def test_the_library_depends_on_what_it_imports():
    assert imported(ROOT / "noncoding") - INDIRECT == DEPENDENCIES.keys() - INDIRECT


def test_the_lock_satisfies_all_lower_bounds():
    pins = locked()
    for name, requirement in (DEPENDENCIES | OPTIONAL).items():
        [bound] = requirement.specifier
        assert bound.operator == ">=", requirement
        assert requirement.specifier.contains(pins[name]), requirement


def test_the_conda_environment_has_the_locked_dependencies():
    conda = yaml.safe_load((ROOT / "envs" / "noncoding.yaml").read_text())
    assert conda.keys() == {"channels", "dependencies"}
    python, pip, packages = conda["dependencies"]
    assert pip == "pip"
    name, version = python.split(" =")
    assert name == "python"
    assert f"(Python {version}," in (ROOT / "requirements.lock").read_text()
    found = {name: str(one.specifier) for name, one in by_name(packages["pip"]).items()}
    pins = locked()
    assert found == {name: f"=={pins[name]}" for name in DEPENDENCIES}


def test_the_rules_name_existing_environments():
    named = {
        path.parent / environment
        for path in (ROOT / "rules").glob("*.smk")
        for environment in re.findall(r'conda:\s+"(.+)"', path.read_text())
    }
    assert {path.resolve() for path in named} == {ROOT / "envs" / "noncoding.yaml"}
