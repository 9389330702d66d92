"""Propose the chromosomes of the splits."""

import math
import re
from collections import Counter

import yaml

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.chromosome_names import is_sex_chromosome
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.splits import split_regions
from noncoding.settings.genome import Splits

_SHARE = 0.1
"""Share of the bases for each of the test and the validation split."""
_MOST_NAMES = 6
_PER_NAME = 0.005
"""Deviation from `_SHARE` that is accepted for one name less."""
_LONGEST = 60
"""Number of sequences, the longest, that are considered: an assembly may have a million."""


def proposed_splits(genome: Genome) -> dict[str, list[str]]:
    """Chromosomes for the validation and the test split, about 10 % of the bases each.

    Each gets few neighbours in the order of the file. Alternatives of other chromosomes, sex
    chromosomes and organelles are not proposed; organelles are to be left out (``ignore``). Of
    fewer than three chromosomes, both ends of the longest are proposed; of thousands of numbered
    contigs, those with two last digits.

    Returns
    -------
    dict
        ``valid``, ``test`` and, if there are organelles, ``ignore``.
    """
    used = {
        name: length
        for name, length in genome.lengths.items()
        if name not in genome.alternative | genome.organelles
    } or genome.lengths
    total = sum(used.values())
    longest = sorted(used, key=lambda name: -used[name])[:_LONGEST]
    names = [
        name for name in used if name in longest and not is_sex_chromosome(name, genome.lengths)
    ]
    if len(names) < 3:
        name = longest[0]
        length = used[name]
        part = min(round(_SHARE * total), length // 3)
        chosen = {"valid": [f"{name}:1-{part}"], "test": [f"{name}:{length - part + 1}-{length}"]}
    else:
        runs = [
            names[first : first + count]
            for count in range(1, min(_MOST_NAMES, len(names) - 2) + 1)
            for first in range(len(names) - count + 1)
        ]

        def distance(run: list[str]) -> float:
            return abs(sum(used[name] for name in run) / total - _SHARE) + _PER_NAME * len(run)

        test = min(runs, key=distance)
        valid = min((run for run in runs if not set(run) & set(test)), key=distance)
        chosen = {"valid": valid, "test": test}
        if sum(used[name] for name in test) < _SHARE / 2 * total:
            chosen = _by_last_digit(used) or chosen
    ignored = [name for name in genome.lengths if name in genome.organelles and name not in used]
    return chosen | ({"ignore": ignored} if ignored else {})


def _by_last_digit(lengths: dict[str, int]) -> dict[str, list[str]]:
    """Two patterns of contigs, by the last digit before a version, with about 10 % of the bases."""
    bases: Counter[str] = Counter()
    for name, length in lengths.items():
        if found := re.search(r"\d(\.\d+)?$", name):
            bases[f"*{found[0]}"] += length
    total = sum(lengths.values())
    near = sorted(bases, key=lambda pattern: abs(bases[pattern] / total - _SHARE))[:2]
    return {"valid": near[1:], "test": near[:1]} if len(near) == 2 else {}


def missing_splits(genome: Genome) -> InputError:
    """The error for a data set without splits, with a line to copy into its configuration."""
    splits = proposed_splits(genome)
    regions = split_regions(genome, Splits.model_validate(splits))
    bases = (regions["end"] - regions["start"]).groupby(regions["split"]).sum()
    valid, test = (bases[split] / bases.sum() for split in ("valid", "test"))
    line = yaml.safe_dump(splits, default_flow_style=True, sort_keys=False, width=math.inf).strip()
    return InputError(
        genome.fasta,
        f"no key 'splits' in the data set (chromosomes: {some_of(genome.lengths)})",
        "the chromosomes on which models are validated and tested",
        f"Add this line to the data set, or one like it ({100 * valid:.0f} % of the bases for "
        f"validation, {100 * test:.0f} % for the test, all others for training): splits: {line}",
    )
