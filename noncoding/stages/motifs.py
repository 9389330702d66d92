"""The driver: chosen targets, their positives, patterns, matches, logos and a summary."""

import json
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from memelite.io import write_meme

from noncoding.attribution.first_layer import first_layer, strongest_filter
from noncoding.attribution.maps import file_stem
from noncoding.attribution.methods import METHODS, BaseMethod
from noncoding.attribution.positives import positives
from noncoding.attribution.selection import TargetSelection, chosen_targets
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, atomic_write
from noncoding.common.provenance import versions
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets, distinct_names, read_targets
from noncoding.models.export import load_model
from noncoding.motifs.figures import draw_learned
from noncoding.motifs.matching import match_motifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.patterns import FEWEST, Pattern, patterns
from noncoding.motifs.target_motifs import SURE, TargetMotifs
from noncoding.motifs.tomtom import matches
from noncoding.prediction.inference import device
from noncoding.prediction.predictions import read_predictions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DiscoveryOutputs:
    """What a discovery leaves behind.

    Attributes
    ----------
    patterns : Path
        Table, a row a pattern, see `noncoding.motifs.target_motifs.TargetMotifs.rows`.
    motifs : Path
        The patterns' frequencies in MEME format.
    summary : Path
        JSON.
    figures : Path
        Folder: an SVG and a PNG a target.
    """

    patterns: Path
    motifs: Path
    summary: Path
    figures: Path


@dataclass(frozen=True)
class Settings(TargetSelection):
    """The section ``discover`` of the configuration, and the targets of ``explain``.

    Attributes
    ----------
    sequences : int
        Positives of each target, at most.
    method : str
        Key of `noncoding.attribution.methods.METHODS`, of one that reads bases.
    patterns : int
        For and against each target, at most.
    """

    sequences: int
    method: str
    patterns: int


def discover_motifs(
    model: str | os.PathLike[str],
    stores: Mapping[str, str | os.PathLike[str]],
    predictions: str | os.PathLike[str],
    metrics: str | os.PathLike[str],
    outputs: DiscoveryOutputs,
    settings: Settings,
    *,
    motifs: str | os.PathLike[str] | None = None,
) -> None:
    """Find the motifs that a network has learned for chosen targets, and name them.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    stores : mapping of str to path
        By split, the one of the predictions first; positives are taken in this order.
    predictions, metrics : path
        Of the first of them: its predictions, and the evaluation's ``targets.tsv``.
    outputs : DiscoveryOutputs
    settings : Settings
    motifs : path, optional
        MEME file to match the patterns to.

    Raises
    ------
    InputError
        No target that is asked for exists, or a file does not fit. What is wrong with one
        target stands in the summary under ``problems``.
    """
    trained = load_model(model)
    network = trained.moved_to(device())
    table = read_targets(metrics)
    chosen, problems = chosen_targets(table, settings)
    known = read_motifs(motifs) if motifs else {}
    layer = first_layer(network)
    method = METHODS[settings.method]
    assert isinstance(method, BaseMethod)  # The schema offers no other.
    with ExitStack() as stack:
        splits = {name: stack.enter_context(Store(path)) for name, path in stores.items()}
        first = next(iter(splits.values()))
        for split in splits.values():
            trained.check_fits(split)
        remedy = "Run the stage 'evaluate' again."
        check_same_targets(metrics, table, first.targets, "the test split", remedy)
        probabilities = read_predictions(predictions, first)
        own = match_motifs(first.targets, known)
        names = distinct_names(first.targets)
        learned: list[TargetMotifs] = []
        for index in chosen:
            name = names[index]
            one_hot, taken = positives(splits, probabilities, index, settings.sequences)
            if len(one_hot) < FEWEST:
                problems.append(
                    f"{name}: found {len(one_hot)} positive loci in all splits; expected at "
                    f"least {FEWEST} to look for what recurs. It is left out."
                )
                continue
            hypothetical = method.compute(network, one_hot, index)
            try:
                found = patterns(one_hot, hypothetical, settings.patterns)
            except InputError as error:
                problems.append(f"{name}: {error}")
                found = []
            of_layer = strongest_filter(network, layer, one_hot, index) if layer else None
            found += [of_layer] if of_layer else []
            matched = matches([pattern.frequencies for pattern in found], known)
            learned.append(TargetMotifs(index, name, taken, found, matched, own[index], known))
            log.info("%s: %d patterns in %d sequences", name, len(found), len(one_hot))
    if layer is None:
        problems.append("This network has no convolution: the view of its first layer is left out.")
    for problem in problems:
        log.warning("%s", problem)
    _write(outputs, learned, problems, method.title)


def _write(
    outputs: DiscoveryOutputs, learned: list[TargetMotifs], problems: list[str], method: str
) -> None:
    columns = "index target view pattern seqlets consensus best_match q_value own_motif own_q_value"
    rows = [row for target in learned for row in target.rows()]
    with (
        atomic_folders(outputs.figures) as [figures],
        atomic_write(outputs.patterns, outputs.motifs, outputs.summary) as [
            table_part,
            motifs_part,
            summary_part,
        ],
    ):
        for target in learned:
            stem = figures / file_stem(target.index, target.name)
            draw_learned(target, f"{stem}.svg", f"{stem}.png")
        pd.DataFrame(rows, columns=columns.split()).to_csv(
            table_part, sep="\t", index=False, float_format="%.4g"
        )
        write_meme(
            str(motifs_part),
            {
                motif_name(target, pattern): pattern.frequencies
                for target in learned
                for pattern in target.patterns
            },
        )
        summary_part.write_text(
            json.dumps(_summary(learned, problems, method), indent=2), encoding="utf-8"
        )


def motif_name(target: TargetMotifs, pattern: Pattern) -> str:
    """Identifier and alternate name of a pattern in MEME format, neither with white space.

    Returns
    -------
    str
        E.g. ``007-Reb1_TF-MoDISco_for_1 Reb1``.
    """
    stem = file_stem(target.index, target.name)
    alternate = "_".join(target.name.split()) or str(target.index)
    return f"{'_'.join([stem, *pattern.view.split(), *pattern.name.split()])} {alternate}"


def _summary(learned: list[TargetMotifs], problems: list[str], method: str) -> dict[str, Any]:
    with_motif = [target for target in learned if target.own]
    return {
        "method": method,
        "q_value": SURE,
        "targets": [
            {
                "index": target.index,
                "name": target.name,
                "sequences": target.sequences,
                "figure": file_stem(target.index, target.name),
                "own_motifs": list(target.own),
                "recovered": target.recovered,
            }
            for target in learned
        ],
        "with_motif": len(with_motif),
        "recovered": sum(target.recovered for target in with_motif),
        "problems": problems,
        "versions": versions(),
    }
