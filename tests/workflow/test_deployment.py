"""The workflow without a checkout: deployed by snakedeploy, or imported from a repository.

Git takes the repository of GitHub from a local folder; Snakemake and snakedeploy clone it as ever.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from environments import OFFLINE, environment, run
from loopback import serving
from toy_bundle import ROWS
from toy_inputs import SIMULATED
from workflows import ROOT, copy_pipeline, snakemake, tiny

from noncoding.data.store import Store

REPOSITORY = "https://github.com/owner/noncoding"
TAG, BRANCH = "v1", "main"
RELEASE = Path(sys.prefix, "release")
"""Environment of `make lint-release`, which has snakedeploy."""
with_snakedeploy = pytest.mark.skipif(
    not (RELEASE / "bin" / "snakedeploy").exists(),
    reason="snakedeploy is not installed: run `make lint-release`",
)
TRIGGERS = ("--rerun-triggers", "input", "mtime", "params", "software-env")


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", f"init.defaultBranch={BRANCH}"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with the pipeline, and a tag."""
    folder = copy_pipeline(tmp_path_factory.mktemp("repository") / "noncoding")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("config", "workflow"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    (folder / "resources" / "toy.tsv").write_text("index\tname\tgroup\n0\ta\tTF\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    git(folder, "tag", TAG)
    return folder


@pytest.fixture
def hub(repository, tmp_path, monkeypatch):
    """A copy of the repository, in the place of those of two hosts; Snakemake's cache is empty."""
    shutil.copytree(repository, tmp_path / "hub" / "owner" / "noncoding", symlinks=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for number, host in enumerate(("github.com", "gitlab.com")):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", f"url.file://{tmp_path / 'hub'}/.insteadOf")
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", f"https://{host}/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "hub" / "owner" / "noncoding"


def importing(folder, config, *, host="github", url=None, **ref):
    """A folder with a workflow that imports this one from a repository, or from a URL."""
    folder.mkdir()
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    references = [f'{kind}="{name}"' for kind, name in ref.items()]
    hosted = ", ".join([f'{host}("owner/noncoding", path="Snakefile"', *references]) + ")"
    (folder / "Snakefile").write_text(
        'configfile: "mine.yaml"\n'
        "module noncoding:\n"
        f"    snakefile: {repr(url) if url else hosted}\n"
        "    config: config\n"
        '    prefix: "dna"\n'
        "use rule * from noncoding as noncoding_*\n"
        "onstart: noncoding.onstart()\n"
        "onsuccess: noncoding.onsuccess()\n"
    )
    return folder


@pytest.fixture
def deployed(hub, tmp_path):
    """A folder into which snakedeploy writes."""
    folder = tmp_path / "deployed"
    folder.mkdir()
    command = [RELEASE / "bin" / "snakedeploy", "deploy-workflow", REPOSITORY, "."]
    done = run(*command, "--tag", TAG, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder


@with_snakedeploy
@pytest.mark.slow
def test_a_deployed_demo_runs_to_its_report(deployed):
    """With fewer sequences and a smaller network."""
    configuration = deployed / "config" / "config.yaml"
    config = yaml.safe_load(configuration.read_text())
    [dataset], [model] = config["datasets"].values(), config["models"].values()
    dataset |= {"loci": {"train": 100, "valid": 40, "test": 60}, "prevalence": 0.3}
    model["resnet"] |= {"stem_channels": 16, "channels": [16, 16]}
    config["train"]["epochs"] = 1
    config["evaluate"] = {"replicates": 20}
    config["explain"] |= {"targets": ["REB1"], "n_plotted": 1, "n_sequences": 2}
    config["motifs"]["sequences"] = 40
    configuration.write_text(yaml.safe_dump(config))
    status, said = snakemake(deployed, pipeline=deployed / "workflow")
    assert status == 0, said[-5000:]
    page = (deployed / "results" / "simulated" / "report.html").read_text(encoding="utf-8")
    assert "REB1" in page
    assert "On 60 test loci" in page


@with_snakedeploy
def test_a_deployed_workflow_runs_the_demo_and_the_users_configuration(deployed):
    folder = deployed
    names = {path.name for path in folder.iterdir()}
    assert names == {"LICENSE", "config", "profiles", "workflow"}
    main = {"pipeline": folder / "workflow"}

    status, said = snakemake(folder, "--dry-run", **main)
    assert status == 0, said[-3000:]
    jobs = re.search(r"^Job stats:\n(.*?)\n\n", said, re.MULTILINE | re.DOTALL)[1]
    assert {line.split()[0] for line in jobs.splitlines()} >= {"simulate_bundle", "report_dataset"}

    # Only what differs from the defaults is in the file.
    config = {key: tiny(sim=SIMULATED)[key] for key in ("run", "datasets", "models")}
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
    status, said = snakemake(folder, "describe", **main)
    assert status == 0, said[-5000:]
    for split, loci in SIMULATED["loci"].items():
        assert Store(folder / f"results/sim/data/{split}.h5").rows == 2 * loci
    _, said = snakemake(folder, "describe", "--dry-run", **main)
    assert "Nothing to be done" in said, said[-3000:]

    status, said = snakemake(folder, "--report", "report.zip", "--", "describe", **main)
    assert status == 0, said[-3000:]
    with zipfile.ZipFile(folder / "report.zip") as report:
        text = "".join(
            report.read(name).decode(errors="ignore")
            for name in report.namelist()
            if name.endswith((".html", ".js"))
        )
    for name in ("data", "workflow"):
        caption = (ROOT / "rules" / "captions" / f"{name}.rst").read_text()
        assert caption.rpartition("**")[2].partition("*")[0].strip(": ") in text


def test_a_module_of_a_branch_has_the_shipped_files_and_is_not_run_again(hub, bundle, tmp_path):
    config = tiny(toy=bundle | {"targets": "resources/toy.tsv"})
    shutil.copy(tmp_path / "targets.tsv", hub / "resources" / "toy.tsv")
    git(hub, "commit", "--quiet", "--all", "--message", "Table")
    folder = importing(tmp_path / "mine", config, branch=BRANCH)
    main = {"pipeline": folder}
    status, said = snakemake(folder, "noncoding_convert", *TRIGGERS, **main)
    assert status == 0, said[-5000:]
    rows = [Store(folder / f"dna/results/toy/data/{split}.h5").rows for split in ROWS]
    assert rows == list(ROWS.values())
    # The copy of the table in Snakemake's cache has another path in each run.
    _, said = snakemake(folder, "noncoding_convert", "--dry-run", *TRIGGERS, **main)
    assert "Nothing to be done" in said, said[-3000:]


def test_a_module_of_a_url_is_run(hub, tmp_path):
    """As for the raw files of a host."""
    with serving(hub) as url:
        folder = importing(tmp_path / "mine", tiny(sim=SIMULATED), url=f"{url}/Snakefile")
        status, said = snakemake(folder, "noncoding_describe", *TRIGGERS, pipeline=folder)
        assert status == 0, said[-5000:]
        assert Store(folder / "dna/results/sim/data/train.h5").rows == 16
        (hub / "noncoding" / "VERSION").write_text("0.0.1\n")
        shutil.rmtree(tmp_path / "cache")
        status, said = snakemake(folder, "noncoding_describe", *TRIGGERS, pipeline=folder)
        assert status != 0
        assert "found another version of the package" in said


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_a_module_starts_from_the_defaults_and_the_shipped_tables(host, hub, tmp_path):
    rebuilt = yaml.safe_load((ROOT / "configs" / "deepsea_rebuilt.yaml").read_text())
    config = rebuilt | {"run": {"datasets": ["deepsea", *rebuilt["datasets"]]}}
    folder = importing(tmp_path / "mine", config, host=host, tag=TAG)
    status, said = snakemake(folder, "noncoding_convert", "--dry-run", *TRIGGERS, pipeline=folder)
    assert status == 0, said[-3000:]
    path = {
        "github": f"/{TAG}/resources/deepsea_targets.tsv",
        "gitlab": f"resources%2Fdeepsea_targets.tsv/raw?ref={TAG}",
    }
    assert f"{path[host]} (cached)" in said
    count = re.search(r"^noncoding_fetch_file +(\d+)$", said, re.MULTILINE)[1]
    assert int(count) > 919


@pytest.fixture
def python(tmp_path):
    return environment(tmp_path / "environment")


def planned(python, folder):
    done = run(python, "-m", "snakemake", "--dry-run", "--quiet", "all", folder=folder)
    return done.returncode, done.stdout + done.stderr


def run_command(said, folder):
    """Run the command of an error message, offline."""
    command = re.search(r"`(\S+ -m pip install .*?)`", said)[1]
    done = run("sh", "-c", f"{command} --quiet {' '.join(OFFLINE)}", folder=folder)
    assert done.returncode == 0, done.stderr


def test_the_message_about_the_package_says_how_to_install_it(hub, python, tmp_path):
    folder = importing(tmp_path / "mine", tiny(sim=SIMULATED), branch=BRANCH)
    status, said = planned(python, folder)
    assert status != 0
    assert f"{tmp_path / 'environment'}: found a Python environment without the package" in said
    assert f"{python} -m pip install git+{REPOSITORY}@{BRANCH}" in said
    assert "Traceback" not in said
    run_command(said, tmp_path)
    status, said = planned(python, folder)
    assert status == 0, said

    # Another commit, with the same version number
    with (hub / "noncoding" / "models" / "danq.py").open("a") as file:
        file.write("# edited\n")
    git(hub, "commit", "--quiet", "--all", "--message", "Edited")
    status, said = planned(python, folder)
    assert status != 0
    assert "found another version of the package than in github.com/owner/noncoding" in said
    assert "1 files, such as models/danq.py" in said
    assert "Traceback" not in said
    run_command(said, tmp_path)
    status, said = planned(python, folder)
    assert status == 0, said
