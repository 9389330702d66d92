"""Scores of insertions and deletions that should be equal: this project, tangermeme, plain windows.

    python benchmarks/indels.py --json indels.json

Scores random deletions in a random genome in ways that describe the same change of DNA:

reverse complement
    The deletion on the reverse complement of the genome.
swapped
    The insertion that undoes the deletion, whose score should be the negative.
repeat
    Deletions of one base from eight equal ones, as the first and as the last.

ours
    `noncoding.prediction.variants`.
tangermeme
    `deletion_effect` and `insertion_effect`, with the changed base at the centre of the window.
plain
    ALT in place of REF in the window; what is longer is cut off at its end, what is missing is
    filled with N.

All average the logits of both strands. `max` and `rms` are the largest difference between two
scores of the same change, and the root mean square, over all targets; `score` is the root mean
square of the scores themselves.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import common
import numpy as np
import torch
from tangermeme.variant_effect import deletion_effect, insertion_effect

from noncoding.attribution.strands import BothStrands
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import codes, one_hot
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import Variant
from noncoding.models.export import ExportedModel, load_model
from noncoding.prediction.variants import VariantScorer

Change = tuple[int, str, str]
"""Start, 0-based, bases that are deleted there, and bases that are inserted."""
Method = Callable[[str, Sequence[Change]], np.ndarray]
LONGEST = 10
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--model", default="yeast", help="folder, or name of a shipped model")
    parser.add_argument("--variants", type=int, default=60)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    generator = np.random.default_rng(3)
    size = 2000 * arguments.variants + 4000
    genome = "".join(generator.choice(list("ACGT"), size))
    starts = [2000 * (number + 1) for number in range(arguments.variants)]
    lengths = generator.integers(1, LONGEST + 1, arguments.variants).tolist()
    deletions = [
        (start, genome[start : start + length], "")
        for start, length in zip(starts, lengths, strict=True)
    ]
    repeats = genome
    for start in starts:
        repeats = f"{repeats[: start - 1]}C{'A' * 8}G{repeats[start + 9 :]}"
    figures: dict[str, object] = {"benchmark": "indels", "variants": arguments.variants}
    for name, method in methods(model).items():
        score = method(genome, deletions)
        found = {
            "reverse complement": method(
                reverse_complement(genome),
                [
                    (size - start - len(ref), reverse_complement(ref), "")
                    for start, ref, _ in deletions
                ],
            )
            - score,
            "swapped": score
            + np.concatenate(
                [
                    method(genome[:start] + genome[start + len(ref) :], [(start, "", ref)])
                    for start, ref, _ in deletions
                ]
            ),
            "repeat": method(repeats, [(start, "A", "") for start in starts])
            - method(repeats, [(start + 7, "A", "") for start in starts]),
        }
        figures[name] = {
            "score": rms(score),
            **{
                way: {"max": float(f"{np.abs(values).max():.2g}"), "rms": rms(values)}
                for way, values in found.items()
            },
        }
    common.write_json(arguments.json, figures)


def rms(values: np.ndarray) -> float:
    return float(f"{np.sqrt((values**2).mean()):.2g}")


def reverse_complement(bases: str) -> str:
    return bases.translate(_COMPLEMENT)[::-1]


def methods(model: ExportedModel) -> dict[str, Method]:
    length, both = model.length, BothStrands(model.network)
    how = {"batch_size": 128, "device": "cpu"}

    def ours(genome: str, changes: Sequence[Change]) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "genome.fa")
            path.write_text(f">chr1\n{genome}\n", encoding="utf-8")
            sequences = Sequences(path)
            variants = [
                Variant(0, 1, "chr1", start, ".", genome[start - 1] + ref, genome[start - 1] + alt)
                for start, ref, alt in changes
            ]
            placed = place(
                variants, sequences, where=path, length=length, mismatch="error", names={}
            )
            [(_, scores)] = VariantScorer(model, torch.device("cpu")).scores(
                [list(placed)], sequences
            )
        assert scores.targets is not None
        return scores.targets.logit_difference

    def windows(genome: str, changes: Sequence[Change], extra: int) -> torch.Tensor:
        firsts = [start - length // 2 for start, _, _ in changes]
        texts = [genome[first : first + length + extra] for first in firsts]
        return torch.from_numpy(one_hot(np.stack([codes(text) for text in texts]))).float()

    def tangermeme(genome: str, changes: Sequence[Change]) -> np.ndarray:
        at = length // 2
        if changes[0][1]:
            deleted = [
                (row, at + n) for row, (_, ref, _) in enumerate(changes) for n in range(len(ref))
            ]
            given = windows(genome, changes, LONGEST)
            found = deletion_effect(both, given, np.array(deleted), **how)
        else:
            # In reverse order, as its documentation says.
            inserted = [
                (row, at, "ACGT".index(base))
                for row, (_, _, alt) in enumerate(changes)
                for base in reversed(alt)
            ]
            given = windows(genome, changes, 0)
            found = insertion_effect(both, given, np.array(inserted), **how)
        return (found.y_after - found.y_before).numpy()

    @torch.inference_mode()
    def plain(genome: str, changes: Sequence[Change]) -> np.ndarray:
        alleles = []
        for alternative in (False, True):
            texts = []
            for start, ref, alt in changes:
                first = start - length // 2
                window = genome[first : first + length]
                if alternative:
                    at = length // 2
                    window = (window[:at] + alt + window[at + len(ref) :]).ljust(length, "N")
                texts.append(codes(window[:length]))
            alleles.append(both(torch.from_numpy(one_hot(np.stack(texts))).float()))
        return (alleles[1] - alleles[0]).numpy()

    return {"ours": ours, "tangermeme": tangermeme, "plain": plain}


if __name__ == "__main__":
    main()
