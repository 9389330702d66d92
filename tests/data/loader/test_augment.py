import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from toy_store import toy_split

from noncoding.data.loader.augment import augment, random_views
from noncoding.data.one_hot import reverse_complement


def shifted(sequence, by):
    """A sequence shifted by ``by`` bases, padded with N."""
    out = np.zeros_like(sequence)
    for position in range(sequence.shape[1]):
        if 0 <= position + by < sequence.shape[1]:
            out[:, position] = sequence[:, position + by]
    return out


def test_augmentation_applies_the_drawn_shifts_and_strands():
    sequences, _ = toy_split(200, 2)
    generator = torch.Generator().manual_seed(1)
    views = random_views(200, shift=3, flip=True, generator=generator)
    made = augment(torch.from_numpy(sequences), views).numpy()
    drawn = list(zip(views.shift.tolist(), views.flip.tolist(), strict=True))
    for before, after, (by, flip) in zip(sequences, made, drawn, strict=True):
        expected = shifted(before, by)
        np.testing.assert_array_equal(after, reverse_complement(expected) if flip else expected)
    assert len(set(drawn)) == 14


def test_mutated_bases_become_each_of_the_others_with_the_same_probability():
    rows, length, rate = 200, 1000, 0.3
    generator = torch.Generator().manual_seed(1)
    bases = torch.randint(0, 5, (rows, length), generator=generator)  # 4: N
    sequences = torch.eye(5)[bases].transpose(1, 2)[:, :4]
    views = random_views(
        rows, shift=0, flip=False, mutation_rate=rate, length=length, generator=generator
    )
    made = augment(sequences, views)
    is_n = bases == 4
    assert torch.equal(made.sum(dim=1) == 0, is_n)
    assert set(made.unique().tolist()) == {0, 1}
    counts = np.zeros((4, 4))
    np.add.at(counts, (bases[~is_n].numpy(), made.argmax(dim=1)[~is_n].numpy()), 1)
    expected = np.full((4, 4), rate / 3) + np.eye(4) * (1 - rate - rate / 3)
    expected *= counts.sum(axis=1, keepdims=True)
    # Five standard deviations of each of 16 numbers.
    np.testing.assert_allclose(counts, expected, atol=5 * expected.max() ** 0.5)


class Copies(TorchDispatchMode):
    """Bytes that are copied from the CPU to another device."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        made = operation(*arguments, **(options or {}))
        if operation.name() in ("aten::_to_copy", "aten::copy_"):
            given = arguments[0 if operation.name() == "aten::_to_copy" else 1]
            if given.device.type == "cpu" and made.device.type != "cpu":
                self.bytes += given.nbytes
        return made


def test_only_shifts_and_strands_are_copied_to_the_device():
    views = random_views(64, shift=3, flip=True, generator=torch.Generator().manual_seed(1))
    with Copies() as copies:
        there = views.to(torch.device("meta"))
        made = augment(torch.empty(64, 4, 1000, dtype=torch.uint8, device="meta"), there)
    assert made.device.type == "meta"
    assert copies.bytes == 64 * (8 + 1)


def test_augmentation_can_be_turned_off_and_is_seeded():
    sequences = torch.from_numpy(toy_split(20, 2)[0])

    def made(**options):
        generator = torch.Generator().manual_seed(1)
        return augment(sequences, random_views(20, generator=generator, **options))

    assert torch.equal(made(shift=0, flip=False), sequences)
    assert torch.equal(made(shift=5, flip=True), made(shift=5, flip=True))


def test_a_part_of_a_batch_is_augmented_as_within_the_batch():
    sequences = torch.from_numpy(toy_split(20, 2)[0])
    length = sequences.shape[-1]
    generator = torch.Generator().manual_seed(1)
    views = random_views(
        20, shift=3, flip=True, mutation_rate=0.2, length=length, generator=generator
    )
    part = augment(sequences[5:12], views.part(5, 12))
    assert torch.equal(part, augment(sequences, views)[5:12])
