import pytest
import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from noncoding.common.errors import InputError
from noncoding.training import trainer
from noncoding.training.trainer import log_hyperparameters, loggers


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
