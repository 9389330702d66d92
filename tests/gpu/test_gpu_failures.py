"""Error messages of trainings on a GPU, and training after an error."""

import gc
import re

import pandas as pd
import pytest
import running
import torch
from gpu import DEEPSEA, HYBRID, LENGTH, ON_CPU, TRAINING
from running import Made
from toy_store import write_toy_stores

from noncoding.common.errors import InputError
from noncoding.training.checkpoints import load_checkpoint
from noncoding.training.lightning_module import TrainingModule

pytestmark = pytest.mark.gpu


# The loss is read from a GPU every 50 steps, and the weights are checked after an epoch.
@pytest.mark.parametrize(
    ("batch_size", "poisoned", "found_at"), [(16, (1, 2), None), (3, (1, 10), 51)]
)
def test_weights_that_become_nan_are_named(batch_size, poisoned, found_at, tmp_path, monkeypatch):
    stores = write_toy_stores(tmp_path, train=180, length=LENGTH)
    original = TrainingModule.training_step

    def poison(self, batch, batch_index):
        if (self.current_epoch, batch_index) == poisoned:
            with torch.no_grad():
                self.network.resnet.stem.convolution.weight.fill_(float("nan"))
        return original(self, batch, batch_index)

    settings = TRAINING | {"batch_size": batch_size}
    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "training_step", poison)
        with pytest.raises(InputError) as error:
            running.run(tmp_path, stores, HYBRID, settings, rows="device")
    assert error.value.where.startswith("training, epoch 2, ")
    if found_at and not ON_CPU:
        assert error.value.where == f"training, epoch 2, batch {found_at}"
    # By the time at which a GPU is asked, the updates have made all weights NaN.
    assert error.value.found.startswith("NaN or infinity in the weights resnet.stem.")
    kept = Made(tmp_path).unfinished / "last.ckpt"
    assert str(kept) in error.value.remedy
    assert all(
        bool(value.isfinite().all()) for value in load_checkpoint(kept)["state_dict"].values()
    )
    made = running.run(tmp_path, stores, HYBRID, settings, rows="device")
    assert pd.read_csv(made.metrics).dropna(subset="valid_auprc")["epoch"].tolist() == [0, 1]


@pytest.fixture
def limit_memory():
    """Sets how many bytes of the GPU this process may take."""

    def limit(size):
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(size / total)

    yield limit
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def test_a_batch_that_does_not_fit_names_one_that_does(only_on_a_gpu, limit_memory, tmp_path):
    fits, rows = 1024, 8192
    wide = DEEPSEA | {"channels": [64, 64, 64]}
    stores = write_toy_stores(tmp_path, train=rows, length=LENGTH)
    # Without the large workspaces of the search for the fastest algorithms.
    settings = TRAINING | {"epochs": 1, "deterministic": "on", "precision": "32-true"}
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    running.run(tmp_path / "fits", stores, wide, settings | {"batch_size": fits}, rows="device")
    needed = torch.cuda.max_memory_reserved()
    gc.collect()
    torch.cuda.empty_cache()

    limit_memory(1.3 * needed)
    with pytest.raises(InputError, match="for which the memory is too small") as error:
        running.run(tmp_path / "all", stores, wide, settings | {"batch_size": rows}, rows="device")
    assert error.value.where == "configuration, key models.tiny.train.batch_size"
    assert error.value.found.startswith(f"{rows} rows")
    named = re.search(r"train.batch_size to (\d+) and .* by (\d+)", error.value.remedy)
    size, steps = map(int, named.groups())
    assert fits <= size < rows
    assert size * steps == rows
    accumulated = settings | {"batch_size": size, "accumulate": steps}
    made = running.run(tmp_path / "less", stores, wide, accumulated, rows="device")
    assert pd.read_csv(made.metrics)["valid_auprc"].notna().sum() == 1


def test_more_devices_than_gpus_are_refused(only_on_a_gpu, stores, tmp_path):
    """NCCL refuses two processes on one GPU."""
    found = torch.cuda.device_count()
    with pytest.raises(InputError, match=f"a machine with {found} GPU") as error:
        running.run(tmp_path, stores, HYBRID, TRAINING | {"devices": found + 1})
    assert error.value.where == "configuration, key train.devices"
