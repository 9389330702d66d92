"""The project as others install it: as a wheel, as editable, and not at all."""

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from environments import OFFLINE, environment, install, run
from toy_inputs import SIMULATED
from workflows import ROOT, copy_pipeline, tiny, written

PACKAGES = {"noncoding", "snakemake_logger_plugin_noncoding"}
"""Top-level packages of the project."""
IMPORTED = """
import importlib, pkgutil, sys
from importlib import metadata, resources

import noncoding

for module in pkgutil.walk_packages(noncoding.__path__, "noncoding."):
    importlib.import_module(module.name)
assert noncoding.__version__ == metadata.version("noncoding")
assert "<html" in (resources.files("noncoding.report") / "page.html").read_text(encoding="utf-8")
print(*noncoding.__path__)
"""

LOADED = """
from noncoding.models.export import load_model
from noncoding.models.shipped import model_folder

print(load_model(model_folder("yeast")).folder)
"""


@pytest.fixture
def python(tmp_path):
    return environment(tmp_path / "environment")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_pipeline(tmp_path_factory.mktemp("checkout") / "noncoding")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in PACKAGES:
        if (ROOT / name).is_dir() and not (folder / name).exists():
            shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", *OFFLINE]
    done = run(*command, checkout, folder=folder)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


def files_of(folder, parent):
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(parent).as_posix() for path in found}


def test_the_wheel_contains_all_files_of_the_packages_and_no_others(wheel, checkout):
    names = zipfile.ZipFile(wheel).namelist()
    of_packages = {name for name in names if ".dist-info/" not in name}
    assert of_packages == set().union(*(files_of(checkout / name, checkout) for name in PACKAGES))
    assert {"noncoding/VERSION", "noncoding/shipped/yeast/model.safetensors"} <= of_packages


def test_all_modules_of_the_wheel_can_be_imported_elsewhere(wheel, python, tmp_path):
    install(python, wheel, folder=tmp_path)
    done = run(python, "-c", IMPORTED, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "environment")


def test_the_installed_command_has_the_shipped_model(wheel, python, tmp_path):
    install(python, wheel, folder=tmp_path)
    listed = run(python.with_name("noncoding"), "models", folder=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "\nyeast " in listed.stdout
    assert run(python, "-m", "noncoding", "models", folder=tmp_path).stdout == listed.stdout
    done = run(python, "-c", LOADED, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "environment")


def test_the_source_distribution_contains_the_shipped_model(checkout, tmp_path):
    copied = shutil.copytree(checkout, tmp_path / "checkout")
    script = "from setuptools import build_meta; build_meta.build_sdist('built')"
    done = run(sys.executable, "-c", script, folder=copied)
    assert done.returncode == 0, done.stderr
    [built] = (copied / "built").glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    shipped = copied / "noncoding" / "shipped"
    assert names >= files_of(shipped, copied) != set()


def test_an_editable_installation_is_the_checkout_and_shows_its_plugins(checkout, python, tmp_path):
    install(python, "--editable", checkout, folder=tmp_path)
    # Snakemake looks for plugins in this way.
    script = "import noncoding, pkgutil; print(*noncoding.__path__); print(*pkgutil.iter_modules())"
    done = run(python, "-c", script, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    path, modules = done.stdout.splitlines()
    assert path == str(checkout / "noncoding")
    assert "name='noncoding'" in modules


def planned(python, checkout, folder):
    """Exit status and output of a dry run of the demo."""
    command = [python, "-m", "snakemake", "--dry-run", "--snakefile", checkout / "Snakefile"]
    done = run(*command, "--configfile", checkout / "configs" / "demo.yaml", folder=folder)
    return done.returncode, done.stdout + done.stderr


def test_an_environment_without_the_project_is_refused(checkout, python, tmp_path):
    status, said = planned(python, checkout, tmp_path)
    assert status != 0
    assert f"{tmp_path / 'environment'}: found a Python environment without the package" in said
    assert f"{python} -m pip install --editable {checkout}" in said
    assert "Traceback" not in said


def test_another_version_of_the_project_is_refused(checkout, wheel, python, tmp_path):
    install(python, wheel, folder=tmp_path)
    shutil.copytree(checkout, tmp_path / "checkout")
    status, said = planned(python, tmp_path / "checkout", tmp_path)
    assert status == 0, said
    with (tmp_path / "checkout" / "noncoding" / "models" / "danq.py").open("a") as file:
        file.write("# edited\n")
    status, said = planned(python, tmp_path / "checkout", tmp_path)
    assert status != 0
    assert "found another version of the package" in said
    assert "1 files, such as models/danq.py" in said
    assert "Traceback" not in said


def test_jobs_in_another_environment_find_the_project(checkout, python, tmp_path):
    """As with conda; here an environment module changes the interpreter of the job."""
    copied = Path(shutil.copytree(checkout, tmp_path / "checkout"))
    rule, script = copied / "rules" / "simulate.smk", copied / "scripts" / "simulate.py"
    text = rule.read_text()
    assert "conda:" in text
    rule.write_text(text.replace("conda:", "envmodules:"))
    script.write_text(f"import sys\nprint('run by', sys.executable)\n{script.read_text()}")
    install(python, "--editable", copied, folder=tmp_path)
    other = environment(tmp_path / "other")
    config = written(tiny(sim=SIMULATED), tmp_path)
    command = [python, "-m", "snakemake", "simulate", "--cores", "1", "--sdm", "env-modules"]
    command += ["--snakefile", copied / "Snakefile", "--configfile", config]
    modules = {"BASH_FUNC_module%%": "() { :; }", "PATH": f"{other.parent}:{os.environ['PATH']}"}
    done = run(*command, folder=tmp_path, **modules)
    assert done.returncode == 0, done.stderr
    assert f"run by {other}" in done.stdout
