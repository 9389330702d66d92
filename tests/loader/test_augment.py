import numpy as np
import torch
from toy_store import toy_split

from noncoding.alphabet import reverse_complement
from noncoding.loader import augment, random_views


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
    views = random_views(200, shift=3, flip=True, generator=generator)
    made = augment(torch.from_numpy(sequences), views).numpy()
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
        generator = torch.Generator().manual_seed(1)
        return augment(sequences, random_views(20, generator=generator, **options))

    assert torch.equal(made(shift=0, flip=False), sequences)
    assert torch.equal(made(shift=5, flip=True), made(shift=5, flip=True))


def test_a_part_of_a_batch_is_looked_at_as_within_the_whole():
    sequences = torch.from_numpy(toy_split(20, 2)[0])
    views = random_views(20, shift=3, flip=True, generator=torch.Generator().manual_seed(1))
    part = augment(sequences[5:12], views.part(5, 12))
    assert torch.equal(part, augment(sequences, views)[5:12])
