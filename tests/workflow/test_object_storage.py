"""Results in object storage, with a local S3 server that counts requests."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from importlib.util import find_spec
from pathlib import Path

import pytest
from toy_inputs import SIMULATED, write_applied, write_genome
from workflows import ROOT, snakemake, tiny, written

from noncoding.cost.plan import read_plan

PACKAGES = (
    "moto",
    "snakemake_storage_plugin_s3",
    "snakemake_executor_plugin_cluster_generic",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(find_spec, PACKAGES)),
        reason="requires `pip install snakemake-storage-plugin-s3 moto[server] "
        "snakemake-executor-plugin-cluster-generic`, as in .ci/run",
    ),
]
UNCHECKED = (".log", ".snakemake_timestamp")
"""Suffixes of files that may be empty."""


def requests_of(folder, config, *arguments):
    """Run the workflow with a local S3 server; gives (method, object) → number of requests."""
    counts = folder / "counts.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "object_storage.py"), str(folder / "run")]
    command += ["--configfile", str(written(config, folder)), "--json", str(counts), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    print(done.stdout)
    requests: Counter[tuple[str, str]] = Counter()
    for method, key, number, size in json.loads(counts.read_text()):
        requests[method, key] += number
        # Of the bucket itself, nothing is sent but the request.
        if method == "PUT" and key != "(bucket)" and not key.endswith(UNCHECKED):
            assert size > 0, key
    return requests


def test_stores_are_written_to_a_bucket_and_read_by_no_other_job(tmp_path):
    """From the simulation to the stores: each file is uploaded once, and none is retrieved."""
    requests = requests_of(tmp_path, tiny(sim=SIMULATED), "convert")
    for name in (
        "simulated/bundle.tar.gz",
        "raw/train.mat",
        *(f"data/{x}.h5" for x in ("train", "valid", "test")),
    ):
        assert requests["PUT", f"results/sim/{name}"] == 1
    assert not [key for method, key in requests if method == "GET" and key.startswith("results/")]
    assert not (tmp_path / "run" / "results" / "sim" / "data").exists()


def test_jobs_without_a_shared_folder_retrieve_their_inputs_only(tmp_path):
    """From the simulation to the report, compared with the jobs of a dry run."""
    config = tiny(sim=SIMULATED)
    plan = tmp_path / "plan.json"
    logger = ("--logger", "noncoding", "--logger-noncoding-plan", str(plan))
    status, said = snakemake(tmp_path, "--dry-run", *logger, config=config)
    assert status == 0, said
    jobs = read_plan(plan).jobs
    requests = requests_of(tmp_path, config, "--jobs-elsewhere", "--jobs", "2")
    folders = {output for job in jobs for output in job.outputs if not Path(output).suffix}

    def of(method):
        """Requests for each file, or for each file of a folder, by its name."""
        found: dict[str, set[int]] = defaultdict(set)
        for (kind, key), number in requests.items():
            if kind == method and key.startswith("results/"):
                inside = folders.intersection(map(str, Path(key).parents))
                found[next(iter(inside), key)].add(number)
        return found

    uploaded = of("PUT")
    outputs = [output for job in jobs for output in job.outputs]
    assert {output: uploaded[output] for output in outputs} == {key: {1} for key in outputs}
    assert set().union(*uploaded.values()) == {1}
    retrieved = Counter(path for job in jobs for path in job.inputs if path in outputs)
    assert of("GET") == {path: {number} for path, number in retrieved.items()}


def test_files_of_the_user_are_local(tmp_path):
    """Peaks, a genome, sequences and variants are not looked for in the bucket."""
    run = tmp_path / "run"
    run.mkdir()
    config = tiny(own=write_genome(run)) | {"apply": write_applied(run)}
    requests = requests_of(tmp_path, config, "--dry-run")
    assert {key.split("/")[0] for _, key in requests} == {"(bucket)", "results"}
