"""Results in object storage, with a local S3 server that counts requests."""

import json
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest
from toy_inputs import SIMULATED
from workflows import ROOT, tiny, written

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("moto") and find_spec("snakemake_storage_plugin_s3")),
        reason="requires `pip install snakemake-storage-plugin-s3 moto[server]`, as in .ci/run",
    ),
]


def test_stores_are_written_to_a_bucket_and_read_by_no_other_job(tmp_path):
    """From the simulation to the stores: each file is uploaded once, and none is retrieved."""
    config, counts = written(tiny(sim=SIMULATED), tmp_path), tmp_path / "counts.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "object_storage.py")]
    command += [str(tmp_path / "run"), "--configfile", str(config), "--json", str(counts)]
    done = subprocess.run([*command, "convert"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    requests: Counter[tuple[str, str]] = Counter()
    for method, key, number, size in json.loads(counts.read_text()):
        requests[method, key] += number
        # Of the bucket itself, nothing is sent but the request.
        if method == "PUT" and key != "(bucket)" and not key.endswith(".log"):
            assert size > 0, key
    for name in (
        "simulated/bundle.tar.gz",
        "raw/train.mat",
        *(f"data/{x}.h5" for x in ("train", "valid", "test")),
    ):
        assert requests["PUT", f"results/sim/{name}"] == 1
    assert not [key for method, key in requests if method == "GET" and key.startswith("results/")]
    assert not (tmp_path / "run" / "results" / "sim" / "data").exists()
