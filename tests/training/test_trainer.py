import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from running import run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_store import DEEPSEA

from noncoding.common.errors import InputError
from noncoding.training import trainer
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.trainer import (
    log_hyperparameters,
    loggers,
    number_of_devices,
    precision_for,
    switched_on,
)


@pytest.mark.parametrize(("wanted", "deterministic"), [("auto", True), ("off", False)])
def test_algorithms_are_deterministic_on_a_cpu_by_default(
    wanted, deterministic, stores, tmp_path, monkeypatch
):
    seen = []

    def note(self, batch, batch_index):
        seen.append(torch.are_deterministic_algorithms_enabled())

    monkeypatch.setattr(TrainingModule, "on_train_batch_start", note)
    run(tmp_path, stores, DEEPSEA, {"deterministic": wanted, "epochs": 1})
    assert seen == [deterministic] * 8


@pytest.mark.parametrize(
    ("switch", "values"),
    [("auto", [True, False]), ("on", [True] * 2), (True, [True] * 2), ("off", [False] * 2)],
)
def test_switches(switch, values):
    assert [switched_on(switch, auto=auto) for auto in (True, False)] == values


@pytest.fixture
def gpus(monkeypatch):
    """Simulates a machine with a number of GPUs."""

    def there_are(number):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: number > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: number)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return there_are


@pytest.mark.parametrize(
    ("there", "wanted", "expected"),
    [(0, "auto", 1), (0, 2, 2), (1, "auto", 1), (1, 1, 1), (4, "auto", 4), (4, 3, 3)],
)
def test_devices(there, wanted, expected, gpus):
    gpus(there)
    assert number_of_devices(wanted) == expected


@pytest.mark.parametrize(("there", "wanted"), [(1, 2), (4, 5)])
def test_more_devices_than_gpus(there, wanted, gpus):
    gpus(there)
    with pytest.raises(InputError, match=f"found {wanted} devices") as error:
        number_of_devices(wanted)
    assert error.value.where == "configuration, key train.devices"
    assert error.value.found.endswith(f"with {there} GPU{'s' * (there > 1)}")
    assert f"train.devices to {there} or auto" in error.value.remedy


def test_processes_do_not_share_an_apple_gpu(gpus, monkeypatch):
    gpus(0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert number_of_devices("auto") == 1
    with pytest.raises(InputError, match="1 GPU"):
        number_of_devices(2)


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ({"avx512_f": True, "avx512_bf16": False}, "32-true"),
        ({"avx512_f": True, "avx512_bf16": True}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
        ({"architecture": "aarch64"}, "32-true"),
    ],
)
def test_lower_precision_where_a_cpu_has_instructions_for_it(instructions, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    assert precision_for("auto") == expected
    assert precision_for("32-true") == "32-true"


def test_the_configuration_is_logged(tmp_path):
    record = {"seed": 3, "training": {"shift": 1, "flip": True}, "sizes": {"channels": [8, 16]}}
    made = loggers(tmp_path / "unfinished", tmp_path / "tensorboard", None)
    assert [type(logger) for logger in made] == [CSVLogger, TensorBoardLogger]
    log_hyperparameters(made, record)
    for logger in made:
        logger.save()
    expected = {"seed": 3, "training/shift": 1, "training/flip": True, "sizes/channels": "[8, 16]"}
    for logger in made:
        assert dict(pl.core.saving.load_hparams_from_yaml(f"{logger.log_dir}/hparams.yaml")) == (
            expected
        )
    events = EventAccumulator(made[1].log_dir)
    events.Reload()
    plugin = events.PluginTagToContent("hparams")
    assert "_hparams_/session_start_info" in plugin


def test_weights_and_biases_is_requested_but_not_installed(tmp_path, monkeypatch):
    def missing(**settings):
        raise ModuleNotFoundError("wandb")

    monkeypatch.setattr(trainer, "WandbLogger", missing)
    with pytest.raises(InputError, match="no package wandb") as error:
        loggers(tmp_path / "unfinished", tmp_path / "tensorboard", "enhancers")
    assert "pip install wandb" in error.value.remedy


def test_weights_and_biases_gets_the_project(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "WandbLogger", lambda **settings: settings)
    *_, made = loggers(tmp_path / "unfinished", tmp_path / "tensorboard", "enhancers")
    assert made == {"project": "enhancers", "save_dir": tmp_path}
