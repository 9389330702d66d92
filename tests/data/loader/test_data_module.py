"""The rows that a training by Lightning reads, uninterrupted and resumed."""

import json

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from toy_store import LENGTH, toy_split, write_toy_store

from noncoding.data.loader.data_module import SplitsDataModule
from noncoding.data.loader.order import BatchPlan, EpochOrder
from noncoding.data.one_hot import unpack

ROWS, EPOCHS, BATCH = 2100, 3, 100
STEPS = 21


class Seen(pl.LightningModule):
    """Records the rows of each batch; raises `Killed` after `stop` steps."""

    def __init__(self, number_of, stop=None, folder=None):
        super().__init__()
        self._folder = folder
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.rows = []
        self._number_of = number_of
        self._stop = stop

    def training_step(self, batch, _):
        self.rows.append(
            [self._number_of[row.tobytes()] for row in unpack(batch.sequence, LENGTH).numpy()]
        )
        return self.weight.sum()

    def validation_step(self, batch, _):
        pass

    def on_train_batch_end(self, *_):
        if len(self.rows) == self._stop:
            raise Killed

    def on_train_end(self):
        if self._folder:
            (self._folder / f"{self.global_rank}.json").write_text(json.dumps(self.rows))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    return (
        write_toy_store(folder / "train.h5", rows=ROWS),
        write_toy_store(folder / "valid.h5", rows=10, seed=1),
    )


@pytest.fixture(scope="module")
def number_of():
    return {row.tobytes(): number for number, row in enumerate(toy_split(ROWS, 0)[0])}


def fit(stores, module, folder, *, rows="disk", every=None, resumed=None, processes=1):
    size = BATCH // processes
    data = SplitsDataModule(*stores, batch_size=size, seed=7, shuffle_buffer=1024, rows=rows)
    callbacks = []
    if every:
        callbacks = [ModelCheckpoint(folder, save_last=True, every_n_train_steps=every)]
    trainer = pl.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        devices=processes,
        strategy="ddp_spawn" if processes > 1 else "auto",
        logger=False,
        callbacks=callbacks,
        enable_checkpointing=bool(callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
    return module.rows


def expected():
    plan, steps = BatchPlan(ROWS, BATCH), []
    for epoch in range(EPOCHS):
        order = EpochOrder(ROWS, 7, epoch, 1024)
        whole = [
            row
            for pool in range(len(order.pools))
            for row in order.rows_of(pool)[order.shuffle(pool)].tolist()
        ]
        steps += [whole[slice(*plan.span(batch))] for batch in range(len(plan))]
    return steps


@pytest.mark.parametrize("rows", ["disk", "memory", "device", "auto"])
def test_each_row_once_per_epoch_in_another_order(stores, number_of, tmp_path, rows):
    seen = fit(stores, Seen(number_of), tmp_path, rows=rows)
    assert len(seen) == EPOCHS * STEPS
    assert seen == expected()


# Within an epoch, after its first batch, before its last one, at its end, and later.
@pytest.mark.parametrize("stop", [8, 22, 20, 21, 42, 41, 62])
def test_a_resumed_training_reads_the_remaining_rows(stores, number_of, tmp_path, stop):
    interrupted = Seen(number_of, stop)
    with pytest.raises(Killed):
        fit(stores, interrupted, tmp_path, every=1)
    # The checkpoint of the last step may be missing, as after a kill.
    last = torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"]
    assert last in (stop - 1, stop)
    rest = fit(stores, Seen(number_of), tmp_path, every=1, resumed=tmp_path / "last.ckpt")
    assert interrupted.rows[:last] + rest == expected()


def test_two_processes_together_read_the_rows_of_one(stores, number_of, tmp_path):
    fit(stores, Seen(number_of, folder=tmp_path), tmp_path, processes=2)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert [a + b for a, b in zip(first, second, strict=True)] == expected()
