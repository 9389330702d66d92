"""The table of benchmarks/gpu.sh."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu_table.py"


def test_a_damaged_file_costs_only_its_own_rows(tmp_path):
    (tmp_path / "train.json").write_text('{"rows": 32, "ours_ker')
    (tmp_path / "tests.xml").write_text("<testsuites><testsuite")
    suite = '<testsuite tests="7" failures="1" errors="0" skipped="0" time="9.5"/>'
    (tmp_path / "compiled.xml").write_text(f"<testsuites>{suite}</testsuites>")
    (tmp_path / "explain.json").write_text(json.dumps({"gradcam, per second": 477}))
    runs = [{"model": "compact", "seed": 1, "auroc": 0.9}]
    (tmp_path / "accuracy.json").write_text(json.dumps({"runs": runs}))
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=True
    )
    found = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert ("explain", "gradcam,", "per", "second", "477") in found
    assert ("compiled", "failures", "1") in found
    assert ("accuracy", "compact,", "seed", "1:", "auroc", "0.9") in found
    assert {row[:3] for row in found if row[1] == "damaged:"} == {
        ("tests", "damaged:", "tests.xml"),
        ("train", "damaged:", "train.json"),
    }
