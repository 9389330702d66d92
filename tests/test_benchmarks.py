"""What benchmarks print."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_a_damaged_file_costs_only_its_own_rows(tmp_path):
    (tmp_path / "train.json").write_text('{"rows": 32, "ours_ker')
    (tmp_path / "tests.xml").write_text("<testsuites><testsuite")
    suite = '<testsuite tests="7" failures="1" errors="0" skipped="0" time="9.5"/>'
    (tmp_path / "compiled.xml").write_text(f"<testsuites>{suite}</testsuites>")
    (tmp_path / "explain.json").write_text(json.dumps({"gradcam, per second": 477}))
    runs = [{"model": "compact", "seed": 1, "auroc": 0.9}]
    (tmp_path / "accuracy.json").write_text(json.dumps({"runs": runs}))
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "gpu_table.py", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert ("explain", "gradcam,", "per", "second", "477") in found
    assert ("compiled", "failures", "1") in found
    assert ("accuracy", "compact,", "seed", "1:", "auroc", "0.9") in found
    assert {row[:3] for row in found if row[1] == "damaged:"} == {
        ("tests", "damaged:", "tests.xml"),
        ("train", "damaged:", "train.json"),
    }


def test_profiled_steps_are_not_counted_as_waiting(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import train

    now = [0.0]
    monkeypatch.setattr(train.time, "perf_counter", lambda: now[0])
    given = {"work": tmp_path, "name": "a", "before": [], "waits_for": 1, "model": "compact"}
    clock = train.Clock(Namespace(**given, warmup=0, steps=1, seconds=60))
    callback = train.ClockCallback(clock, train.Profile())
    trainer, batch = SimpleNamespace(should_stop=False), np.zeros((1, 4))
    steps = 0
    while not trainer.should_stop:
        now[0] += 1  # loading
        callback.on_train_batch_start(trainer)
        now[0] += 3
        callback.on_train_batch_end(trainer, None, None, batch, steps)
        steps += 1
    assert steps == 1 + train.PROFILED
    figures = clock.figures(4)
    assert (figures["steps"], figures["waiting_share"]) == (1, 0.25)
