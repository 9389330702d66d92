"""The background of scores: random SNVs of the same genome, of the same kinds as those of a file.

The share of background variants with a score at least as large is an empirical p-value,
``(1 + larger) / (1 + number)``, see Phipson & Smyth 2010, https://doi.org/10.2202/1544-6115.1585.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.common.space import check_room
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import COMPLEMENT
from noncoding.data.variants.alleles import Allele
from noncoding.data.variants.variant import PlacedVariant, Status, Variant
from noncoding.layout import BACKGROUND
from noncoding.models.hub import in_hub_cache
from noncoding.models.shipped import SHIPPED
from noncoding.prediction.shards import Shards
from noncoding.prediction.variant_scores import VariantScores
from noncoding.prediction.variants import VariantScorer

Floats = npt.NDArray[np.float32]

_BASES = b"ACGT"
_FORMAT = 1
"""Increased when the same settings give other variants or values."""
_DRAWN = 4096
"""Positions that are drawn together, and read in their order in the genome."""
_MOST_MISSED = 1_000_000
"""Positions in a row that do not match, after which a genome has too few that do."""


class Substitution(NamedTuple):
    """One of the 96 kinds of SNVs by their trinucleotide, on the strand where REF is C or T."""

    trinucleotide: str
    alternative: str


class Background(NamedTuple):
    """Absolute differences of logits of background variants.

    Attributes
    ----------
    largest : numpy.ndarray, shape=(variants,), dtype=float32
        The largest of the targets, in ascending order.
    by_target : numpy.ndarray, shape=(targets, variants), dtype=float32, optional
        Of each target, in ascending order; None if only the largest are needed.
    """

    largest: Floats
    by_target: Floats | None

    @classmethod
    def of(cls, blocks: Iterable[Floats], *, every_target: bool = True) -> "Background":
        """From absolute differences, each block of shape=(variants, targets)."""
        largest, by_target = [], []
        for differences in blocks:
            largest.append(differences.max(1))
            if every_target:
                by_target.append(differences.T)
        return cls(
            np.sort(np.concatenate(largest)),
            np.sort(np.concatenate(by_target, axis=1)) if every_target else None,
        )

    def with_shares(self, scores: VariantScores) -> VariantScores:
        """Scores with the share of background variants that are at least as large."""
        targets = scores.targets
        if targets is not None and self.by_target is not None:
            shares = [
                _share(of_target, differences)
                for of_target, differences in zip(
                    self.by_target, targets.logit_difference.T, strict=True
                )
            ]
            targets = targets._replace(background_share=np.column_stack(shares))
        return scores._replace(
            background_share=_share(self.largest, scores.max_logit_difference), targets=targets
        )


def substitution(sequences: Sequences, placed: PlacedVariant) -> Substitution | None:
    """The kind of an SNV that is scored; None for other variants and next to unknown bases."""
    if not placed.ref or not placed.alt or len(placed.ref.bases) != 1 or len(placed.alt.bases) != 1:
        return None
    chromosome, start, end, ref = placed.ref
    left = sequences.letters(chromosome, start - 1, start)
    right = sequences.letters(chromosome, end, end + 1)
    if (left + ref + right + placed.alt.bases).translate(None, _BASES):
        return None
    return _substitution(left + ref + right, placed.alt.bases)


def random_snvs(
    sequences: Sequences, number: int, kinds: Mapping[Substitution, int], seed: int
) -> list[PlacedVariant]:
    """Draw SNVs of a genome at random, with replacement, in its order.

    Parameters
    ----------
    sequences : Sequences
        Alternatives of chromosomes and organelles are left out if there are other chromosomes.
    number : int
    kinds : mapping
        Numbers of SNVs of each kind, to which those that are drawn are proportional, but for
        rounding; within a kind, all positions are equally probable. If empty, all positions and
        alternatives are.
    seed : int

    Raises
    ------
    InputError
        The genome has too few positions of these kinds.
    """
    generator = np.random.default_rng(seed)
    # Per trinucleotide, the alternatives that remain to be placed, in random order.
    remaining: dict[str, list[str]] = {}
    for kind, count in quotas(kinds, number).items():
        remaining.setdefault(kind.trinucleotide, []).extend([kind.alternative] * count)
    for alternatives in remaining.values():
        generator.shuffle(alternatives)
    found: list[tuple[str, int, bytes, bytes]] = []
    missed = 0
    for chromosome, start, letters in _positions(sequences, generator):
        if len(found) == number or missed == _MOST_MISSED:
            break
        missed += 1
        if letters.translate(None, _BASES):
            continue
        ref = letters[1:2]
        if not kinds:
            alt = bytes([generator.choice([*_BASES.replace(ref, b"")])])
        else:
            kind = _substitution(letters, b"")
            if not remaining.get(kind.trinucleotide):
                continue
            alt = remaining[kind.trinucleotide].pop().encode()
            if ref != kind.trinucleotide[1:2].encode():
                alt = alt.translate(COMPLEMENT)
        found.append((chromosome, start, ref, alt))
        missed = 0
    if len(found) < number:
        missing = ", ".join(sorted(name for name, left in remaining.items() if left))
        raise InputError(
            sequences.fasta,
            f"too few positions with known bases around them {missing and f'in {missing} '}"
            f"for {number:,} random variants",
            "a genome with the sequences of the variants",
            "Give the whole genome, or leave out --background.",
        )
    rank = {name: place for place, name in enumerate(sequences.genome.lengths)}
    found.sort(key=lambda each: (rank[each[0]], each[1]))
    return [_placed(place, *each) for place, each in enumerate(found)]


def quotas(kinds: Mapping[Substitution, int], number: int) -> dict[Substitution, int]:
    """Distribute a number of variants in proportion to those of each kind (largest remainders)."""
    total = sum(kinds.values())
    shares = {kind: divmod(count * number, total) for kind, count in sorted(kinds.items())}
    given = {kind: whole for kind, (whole, _) in shares.items()}
    left = number - sum(given.values())
    for kind in sorted(shares, key=lambda kind: -shares[kind][1])[:left]:
        given[kind] += 1
    return given


def background(
    scorer: VariantScorer,
    sequences: Sequences,
    number: int,
    kinds: Mapping[Substitution, int],
    seed: int,
    digests: Mapping[str, str],
    progress: Callable[[int], object],
    *,
    every_target: bool = True,
) -> Background:
    """Scores of random SNVs, see `random_snvs`, computed or from the cache.

    The cache is the folder ``background`` in the folder of the model; where that cannot be
    written, and for models that come with the package, a folder ``noncoding`` in the user's
    cache. It contains a folder of shards per model, genome, and settings that decide the values.

    Parameters
    ----------
    scorer : VariantScorer
        With the targets of the result; the cache has all of them.
    sequences, number, kinds, seed
        See `random_snvs`.
    digests : mapping of str
        Of the model and the genome.
    progress : callable
        Called with the number of variants of each shard.
    every_target : bool
        Give the scores of each target, and not only the largest.

    Raises
    ------
    InputError
        There is too little room on the disk for the cache; or as in `random_snvs`.
    """
    settings = {
        "format": _FORMAT,
        **digests,
        "number": number,
        "kinds": {">".join(kind): count for kind, count in quotas(kinds, number).items()},
        "seed": seed,
        "offsets": list(scorer.offsets),
        "both_strands": scorer.both_strands,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    every = replace(scorer, targets=None)
    shape = (number, len(scorer.model.targets))
    folder = _cache(scorer.model.folder) / digest[:16]
    shards = Shards(folder, shape, every.block, every.block)
    missing = shards.missing(settings)
    bytes_per_variant = 4 * len(scorer.model.targets)
    check_room(folder, bytes_per_variant * (number - shards.finished), "scores of random variants")
    progress(shards.finished)
    if missing:
        variants = random_snvs(sequences, number, kinds, seed)
        blocks = (variants[rows] for rows in missing)
        scored = every.scores(blocks, sequences)
        for rows, (_, scores) in zip(missing, scored, strict=True):
            assert scores.targets is not None
            shards.write(rows, np.abs(scores.targets.logit_difference))
            progress(rows.stop - rows.start)
    columns = slice(None) if scorer.targets is None else scorer.targets
    found = (values[:, columns] for _, values in shards)
    return Background.of(found, every_target=every_target)


def _cache(model: Path) -> Path:
    shared = SHIPPED in model.resolve().parents or in_hub_cache(model)
    if os.access(model, os.W_OK) and not shared:
        return model / BACKGROUND
    return (
        Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "noncoding" / BACKGROUND
    )


def _substitution(trinucleotide: bytes, alternative: bytes) -> Substitution:
    if trinucleotide[1:2] in (b"A", b"G"):
        trinucleotide = trinucleotide.translate(COMPLEMENT)[::-1]
        alternative = alternative.translate(COMPLEMENT)
    return Substitution(trinucleotide.decode(), alternative.decode())


def _positions(
    sequences: Sequences, generator: np.random.Generator
) -> Iterator[tuple[str, int, bytes]]:
    """Random positions: chromosome, start, and the base with its neighbours.

    Without end, unless the genome has no bases.
    """
    genome = sequences.genome
    secondary = genome.alternative | genome.organelles
    names = [name for name in genome.lengths if name not in secondary] or list(genome.lengths)
    lengths = np.array([genome.lengths[name] for name in names])
    ends = lengths.cumsum()
    while ends[-1]:
        drawn = generator.integers(0, ends[-1], _DRAWN)
        chromosomes = np.searchsorted(ends, drawn, side="right")
        starts = drawn - (ends - lengths)[chromosomes]
        letters = dict.fromkeys(range(_DRAWN), b"")
        for place in np.argsort(drawn):
            start = int(starts[place])
            letters[place] = sequences.letters(names[chromosomes[place]], start - 1, start + 2)
        yield from (
            (names[chromosomes[place]], int(starts[place]), letters[place])
            for place in range(_DRAWN)
        )


def _placed(number: int, chromosome: str, start: int, ref: bytes, alt: bytes) -> PlacedVariant:
    return PlacedVariant(
        Variant(number, number + 1, chromosome, start + 1, ".", ref.decode(), alt.decode()),
        Status.scored,
        Allele(chromosome, start, start + 1, ref),
        Allele(chromosome, start, start + 1, alt),
    )


def _share(background: Floats, differences: Floats) -> Floats:
    """Share of a background, in ascending order, that is at least as large; NaN of NaN."""
    below = np.searchsorted(background, np.abs(differences), side="left")
    shares = (1 + len(background) - below) / (1 + len(background))
    return np.where(np.isnan(differences), np.nan, shares).astype(np.float32)
