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
    for before, after, by, flip in zip(sequences, made, *views, strict=True):
        expected = shifted(before, int(by))
        np.testing.assert_array_equal(after, reverse_complement(expected) if flip else expected)
    assert len({(int(by), bool(flip)) for by, flip in zip(*views, strict=True)}) == 14


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
    views = random_views(20, shift=3, flip=True, generator=torch.Generator().manual_seed(1))
    part = augment(sequences[5:12], views.part(5, 12))
    assert torch.equal(part, augment(sequences, views)[5:12])
