"""Learning rate and weight decay of a training by Lightning."""

import warnings
from itertools import combinations

import pytest
import pytorch_lightning as pl
import torch
from architectures import ARCHITECTURES
from pytorch_lightning.callbacks import Callback
from toy_store import LENGTH, TRAINING

from noncoding.data.loader.augment import augment
from noncoding.data.loader.data_module import SplitsDataModule
from noncoding.models.architectures import create_model
from noncoding.settings.train import TrainSettings
from noncoding.training import lightning_module
from noncoding.training.layer_statistics import matrices
from noncoding.training.lightning_module import TrainingModule

RATE, DECAY = 0.01, 0.5
MUTATION_RATE = 0.4


class Rates(Callback):
    """The learning rate of each update."""

    def __init__(self):
        self.used = []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.used.append(optimizer.param_groups[0]["lr"])


def fit(stores, architecture="deepsea", warmup=3, seed=1, **settings):
    rates = Rates()
    network = create_model(length=LENGTH, targets=3, **ARCHITECTURES[architecture])
    changed = {"learning_rate": RATE, "warmup_steps": warmup, "weight_decay": DECAY}
    changed |= {"reverse_complement": True, "mutation_rate": MUTATION_RATE}
    changed["epochs"] = settings.get("max_epochs", 1)
    module = TrainingModule(network, TrainSettings(**TRAINING | changed), seed=seed)
    trainer = pl.Trainer(
        accelerator="cpu",
        callbacks=[rates],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **settings,
    )
    data = SplitsDataModule(
        stores["train"], stores["valid"], batch_size=16, seed=1, shuffle_buffer=100
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(module, data)
    return rates.used, trainer.optimizers[0]


@pytest.mark.parametrize(
    ("accumulated", "warmup", "updates", "warmed"), [(1, 3, 40, 3), (3, 9, 15, 1)]
)
def test_linear_warm_up_and_cosine_decay(accumulated, warmup, updates, warmed, stores):
    """With 8 batches per epoch; the warm-up takes at most a tenth of all updates."""
    used, _ = fit(stores, warmup=warmup, max_epochs=5, accumulate_grad_batches=accumulated)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / warmed, 1.0, max(1, warmed - 1))
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates - warmed)
    parts = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], [warmed])
    expected = []
    for _ in range(updates):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        parts.step()
    assert used == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_only_matrices_are_decayed(architecture, stores):
    _, optimizer = fit(stores, architecture, max_steps=1, limit_val_batches=0)
    shapes = dict.fromkeys((0.0, DECAY), 0)
    for group in optimizer.param_groups:
        shapes[group["weight_decay"]] += sum(p.numel() for p in group["params"])
    network = create_model(length=LENGTH, targets=3, **ARCHITECTURES[architecture])
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    decayed = sum(p.numel() for p in matrices(network).values())
    assert shapes == {DECAY: decayed, 0.0: trained - decayed}


@pytest.fixture
def given(monkeypatch):
    """The views of each step."""
    given = []

    def recorded(sequences, views):
        given.append(views)
        return augment(sequences, views)

    monkeypatch.setattr(lightning_module, "augment", recorded)
    return given


def test_the_same_share_of_bases_is_substituted_in_each_step(stores, given):
    fit(stores, max_epochs=3, limit_val_batches=0)
    assert len(given) == 3 * 8
    for views in given:
        share, bases = (views.mutation > 0).double().mean().item(), views.mutation.numel()
        error = (MUTATION_RATE * (1 - MUTATION_RATE) / bases) ** 0.5
        assert share == pytest.approx(MUTATION_RATE, abs=4 * error)


def test_views_are_a_function_of_seed_epoch_and_step(stores, given, monkeypatch):
    """They differ between steps, epochs and seeds, and do not depend on the steps before."""
    fit(stores, max_epochs=2, limit_val_batches=0)
    drawn = [torch.stack([views.shift, views.flip.long()]) for views in given]
    assert len(drawn) == 2 * 8
    assert not any(torch.equal(one, other) for one, other in combinations(drawn, 2))
    together = torch.cat(drawn, dim=1).float()
    assert together[0].abs().max() == TRAINING["shift"]
    rows = together.shape[1]
    assert together[1].mean() == pytest.approx(0.5, abs=4 * 0.5 / rows**0.5)
    given.clear()
    fit(stores, max_epochs=1, limit_val_batches=0, seed=2)
    other_seed = [torch.stack([views.shift, views.flip.long()]) for views in given]
    assert not any(map(torch.equal, other_seed, drawn[:8]))
    given.clear()
    # The first half of the first epoch is left out.
    original = TrainingModule.training_step
    monkeypatch.setattr(
        TrainingModule,
        "training_step",
        lambda self, batch, index: original(self, batch, index) if index >= 4 else None,
    )
    fit(stores, max_epochs=1, limit_val_batches=0)
    assert len(given) == 4
    again = [torch.stack([views.shift, views.flip.long()]) for views in given]
    assert all(map(torch.equal, again, drawn[4:8]))
