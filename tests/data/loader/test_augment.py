import numpy as np
import pytest
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


def drawn_views(sequences, *, seed=1, **options):
    """Views of a batch, of which the options are off that are not given."""
    count, _, length = sequences.shape
    options = {"shift": 0, "flip": False, "mutation_rate": 0.0} | options
    generator = torch.Generator().manual_seed(seed)
    return random_views(count, length, generator=generator, **options)


def test_augmentation_applies_the_drawn_shifts_and_strands():
    sequences, _ = toy_split(200, 2)
    views = drawn_views(sequences, shift=3, flip=True)
    made = augment(torch.from_numpy(sequences), views).numpy()
    drawn = list(zip(views.shift.tolist(), views.flip.tolist(), strict=True))
    for before, after, (by, flip) in zip(sequences, made, drawn, strict=True):
        expected = shifted(before, by)
        np.testing.assert_array_equal(after, reverse_complement(expected) if flip else expected)
    assert len(set(drawn)) == 14


def test_mutated_bases_become_each_of_the_others_with_the_same_probability():
    rate = 0.3
    bases = torch.randint(0, 5, (200, 1000), generator=torch.Generator().manual_seed(1))  # 4: N
    sequences = torch.eye(5)[bases].transpose(1, 2)[:, :4]
    made = augment(sequences, drawn_views(sequences, mutation_rate=rate, seed=2))
    known = bases < 4
    assert torch.equal(made.sum(dim=1), known.float())
    assert set(made.unique().tolist()) == {0, 1}
    counts = np.zeros((4, 4))
    np.add.at(counts, (bases[known].numpy(), made.argmax(dim=1)[known].numpy()), 1)
    share = np.full((4, 4), rate / 3) + np.eye(4) * (1 - rate - rate / 3)
    drawn = counts.sum(axis=1, keepdims=True)
    # 16 binomial numbers, within 4 standard deviations.
    assert (abs(counts - drawn * share) < 4 * np.sqrt(drawn * share * (1 - share))).all()


def test_bases_are_mutated_after_shift_and_strand():
    sequences = torch.from_numpy(toy_split(20, 2)[0])
    views = drawn_views(sequences, shift=3, flip=True, mutation_rate=0.5)
    before = augment(sequences, views._replace(mutation=None)).numpy()
    after = augment(sequences, views).numpy()
    moved = views.mutation.numpy()
    for position in np.ndindex(moved.shape):
        row, place = position
        expected = np.roll(before[row, :, place], moved[position])
        np.testing.assert_array_equal(after[row, :, place], expected)


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


@pytest.mark.parametrize(("mutation_rate", "of_mutations"), [(0.0, 0), (0.1, 1000)])
def test_only_views_are_copied_to_the_device(mutation_rate, of_mutations):
    sequences = torch.empty(64, 4, 1000, dtype=torch.uint8, device="meta")
    views = drawn_views(sequences, shift=3, flip=True, mutation_rate=mutation_rate)
    with Copies() as copies:
        made = augment(sequences, views.to(torch.device("meta")))
    assert made.device.type == "meta"
    assert copies.bytes == 64 * (8 + 1 + of_mutations)


def test_augmentation_can_be_turned_off_and_is_seeded():
    sequences = torch.from_numpy(toy_split(20, 2)[0])

    def made(**options):
        return augment(sequences, drawn_views(sequences, **options))

    assert torch.equal(made(), sequences)
    options = {"shift": 5, "flip": True, "mutation_rate": 0.1}
    assert torch.equal(made(**options), made(**options))
    assert not torch.equal(made(**options), made(seed=2, **options))


def test_a_part_of_a_batch_is_augmented_as_within_the_batch():
    sequences = torch.from_numpy(toy_split(20, 2)[0])
    views = drawn_views(sequences, shift=3, flip=True, mutation_rate=0.2)
    part = augment(sequences[5:12], views.part(5, 12))
    assert torch.equal(part, augment(sequences, views)[5:12])
