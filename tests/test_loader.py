import numpy as np
import pytest
import torch
from toy_store import LENGTH, toy_split, write_toy_store

from noncoding.alphabet import reverse_complement, unpack
from noncoding.errors import InputError
from noncoding.loader import PackedRows, SplitsDataModule, augment


@pytest.fixture
def data(tmp_path):
    train = write_toy_store(tmp_path / "train.h5", rows=50, both=True)
    valid = write_toy_store(tmp_path / "valid.h5", rows=10, seed=1, both=True)
    return SplitsDataModule(train, valid, batch_size=20, seed=5)


def row_numbers(batches, sequences):
    """Which rows stand in batches, found by their sequence."""
    known = {row.tobytes(): number for number, row in enumerate(sequences)}
    return [
        known[row.tobytes()] for batch in batches for row in unpack(batch.sequence, LENGTH).numpy()
    ]


def test_each_row_once_an_epoch_and_another_order_each_time(data):
    forward, _ = toy_split(50, 0)
    rows = np.concatenate([forward, reverse_complement(forward)])
    loader = data.train_dataloader()
    orders = []
    for epoch in (0, 1, 0):
        loader.sampler.set_epoch(epoch)
        orders.append(row_numbers(loader, rows))
    assert sorted(orders[0]) == list(range(100))
    assert orders[0] != orders[1]
    assert orders[0] == orders[2]


def test_validation_takes_each_locus_in_order(data):
    sequences, labels = toy_split(10, 1)
    batches = list(data.val_dataloader())
    assert row_numbers(batches, sequences) == list(range(10))
    np.testing.assert_array_equal(unpack(batches[0].label, 3).numpy(), labels)


def test_prevalence_is_smoothed(tmp_path):
    rows = PackedRows(write_toy_store(tmp_path / "x.h5", rows=30))
    labels = toy_split(30, 0)[1]
    np.testing.assert_allclose(rows.prevalence(), (labels.sum(axis=0) + 1) / 32, rtol=1e-6)


def test_too_large_for_memory(tmp_path, monkeypatch):
    path = write_toy_store(tmp_path / "x.h5")
    memory = type("Memory", (), {"available": 100})
    monkeypatch.setattr("noncoding.loader.psutil.virtual_memory", lambda: memory)
    with pytest.raises(InputError, match="GiB of packed rows"):
        PackedRows(path)


def shifted(sequence, by):
    """One sequence read ``by`` bases further on, N where nothing is known."""
    out = np.zeros_like(sequence)
    for position in range(sequence.shape[1]):
        if 0 <= position + by < sequence.shape[1]:
            out[:, position] = sequence[:, position + by]
    return out


def test_augmentation_gives_a_shift_of_either_strand():
    sequences, _ = toy_split(200, 2)
    generator = torch.Generator().manual_seed(1)
    made = augment(torch.from_numpy(sequences), shift=3, flip=True, generator=generator).numpy()
    seen = set()
    for before, after in zip(sequences, made, strict=True):
        candidates = {}
        for by in range(-3, 4):
            candidates[by, "+"] = shifted(before, by)
            candidates[by, "-"] = reverse_complement(shifted(before, by))
        [found] = [key for key, value in candidates.items() if np.array_equal(value, after)]
        seen.add(found)
    assert len(seen) == 14


def test_augmentation_can_be_turned_off_and_is_seeded():
    sequences = torch.from_numpy(toy_split(20, 2)[0])

    def made(**options):
        return augment(sequences, generator=torch.Generator().manual_seed(1), **options)

    assert torch.equal(made(shift=0, flip=False), sequences)
    assert torch.equal(made(shift=5, flip=True), made(shift=5, flip=True))
