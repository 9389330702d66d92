import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# Tiny batches are slower on several threads, and slowest where cores are shared. For numpy, too,
# and for the processes that tests start: before the libraries are loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch

# Helpers that several test folders share stand beside this file.
sys.path.insert(0, str(Path(__file__).parent))

# In a git worktree that shares the environment of another checkout, the processes that tests start
# would import the package of the other one.
_ROOT = Path(__file__).parents[1]
_COMMAND = [sys.executable, "-P", "-c", "import noncoding; print(*noncoding.__path__)"]
_installed = subprocess.run(_COMMAND, capture_output=True, text=True, check=False).stdout.strip()
if Path(_installed) != _ROOT / "noncoding":
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)

torch.set_num_threads(1)

if find_spec("hypothesis"):  # the tests on a GPU do without it
    from hypothesis import settings

    # How long an example takes says nothing of whether it is right.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


def pytest_collection_modifyitems(config, items):
    """Begin with what takes longest, where several processes share the tests.

    The short tests are left for the end, and are shared out so that no process waits long.
    """
    if config.getoption("dist", "no") != "no" or hasattr(config, "workerinput"):
        first = ["workflow", "training"]
        folders = [item.path.parent.name for item in items]
        order = [first.index(name) if name in first else len(first) for name in folders]
        items[:] = [items[i] for i in sorted(range(len(items)), key=order.__getitem__)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Between processes of tests, reports are UTF-8, which a logged name of other bytes is not."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
