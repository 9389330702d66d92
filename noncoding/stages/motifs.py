"""Stage ``motifs``: motif discovery for selected targets."""

import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt
import pandas as pd
from memelite.io import write_meme

from noncoding.attribution.ensembles import members
from noncoding.attribution.first_layer import first_layer, strongest_filter
from noncoding.attribution.methods import METHODS, BaseMethod
from noncoding.attribution.output import file_stem
from noncoding.attribution.selection import positives, select_targets
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, atomic_write, write_json
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.store import Store
from noncoding.data.targets import check_same_targets, distinct_names, read_targets
from noncoding.layout import FORMATS, files
from noncoding.models.export import load_model
from noncoding.motifs.figures import draw_motifs
from noncoding.motifs.known_motifs import match_motifs
from noncoding.motifs.learned_motifs import COLUMNS, Q_VALUE, TargetMotifs
from noncoding.motifs.meme import read_motifs
from noncoding.motifs.patterns import FEWEST, patterns
from noncoding.motifs.tomtom import matches
from noncoding.prediction.inference import device
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings

log = logging.getLogger(__name__)


def discover_motifs(
    model: str | os.PathLike[str],
    stores: Mapping[str, str | os.PathLike[str]],
    predictions: str | os.PathLike[str],
    metrics: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    selection: TargetSelection,
    settings: MotifsSettings,
    *,
    motifs: str | os.PathLike[str] | None = None,
) -> None:
    """Find the motifs that a network has learned, and match them to known motifs.

    Parameters
    ----------
    model, folder : path
        Folders of an exported model and of the outputs, see `noncoding.layout`.
    stores : mapping of str to path
        By split, that of the predictions first; positives are taken in this order.
    predictions, metrics : path
        Predictions for the first split, and ``targets.tsv`` of the evaluation.
    selection : TargetSelection
    settings : MotifsSettings
    motifs : path, optional
        MEME file of known motifs.

    Raises
    ------
    InputError
        No target is selected, or a file does not fit. Problems with single targets are logged
        and listed in the summary under ``problems``.
    """
    trained = load_model(model)
    network = trained.moved_to(device()).requires_grad_(False)
    table = read_targets(metrics)
    selected, problems = select_targets(table, selection)
    database = read_motifs(motifs) if motifs else {}
    # Of an ensemble, the first layer of its first member is shown.
    first_network = members(network)[0]
    layer = first_layer(first_network)
    method = METHODS[settings.method]
    assert isinstance(method, BaseMethod)  # The settings allow no other.
    learned: list[TargetMotifs] = []
    with ExitStack() as stack:
        splits = {name: stack.enter_context(Store(path)) for name, path in stores.items()}
        first = next(iter(splits.values()))
        for split in splits.values():
            trained.check_fits(split)
        remedy = "Run the stage 'evaluate' again."
        check_same_targets(metrics, table, first.targets, "the test split", remedy)
        probabilities = read_predictions(predictions, first)
        own = match_motifs(first.targets, database)
        names = distinct_names(first.targets)
        for index in selected:
            name = names[index]
            one_hot, taken = positives(splits, probabilities, index, settings.sequences)
            if len(one_hot) < FEWEST:
                problems.append(
                    f"{name}: found {len(one_hot)} positive loci in all splits; expected at "
                    f"least {FEWEST} for motif discovery. It is omitted."
                )
                continue
            hypothetical = method.compute(network, one_hot, index)
            try:
                found = patterns(one_hot, hypothetical, settings.patterns)
            except InputError as error:
                problems.append(f"{name}: {error}")
                found = []
            if layer and (strongest := strongest_filter(first_network, layer, one_hot, index)):
                found.append(strongest)
            matched = matches([pattern.frequencies for pattern in found], database)
            learned.append(TargetMotifs(index, name, taken, found, matched, own[index], database))
            log.info("%s: %d patterns in %d sequences", name, len(found), len(one_hot))
    if layer is None:
        problems.append("This network has no convolution: its first layer is not shown.")
    for problem in problems:
        log.warning("%s", problem)
    *finals, figures_final = files("motifs", folder)
    with (
        atomic_folders(figures_final) as [figures],
        atomic_write(*finals) as [table_path, motifs_path, summary_path],
    ):
        for target in learned:
            stem = figures / file_stem(target.index, target.name)
            draw_motifs(target, *(f"{stem}.{suffix}" for suffix in FORMATS))
        rows = [row for target in learned for row in target.rows()]
        pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(
            table_path, sep="\t", index=False, float_format="%.4g"
        )
        write_meme(str(motifs_path), _named_frequencies(learned))
        with_motif = [target for target in learned if target.own]
        summary = {
            "method": method.title,
            "q_value": Q_VALUE,
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
        write_json(summary, summary_path)
    known = f"; {summary['recovered']} of {counted(len(with_motif), 'known motif')} recovered"
    text = f"{counted(len(rows), 'motif')} of {counted(len(learned), 'target')}"
    log.log(RESULT, "%s%s", text, known if with_motif else "")


def _named_frequencies(learned: list[TargetMotifs]) -> dict[str, npt.NDArray[np.float64]]:
    """Frequencies of all patterns, by identifier and alternate name in MEME format.

    Neither has white space, e.g. ``007-Reb1_TF-MoDISco_for_1 Reb1``.
    """
    named = {}
    for target in learned:
        stem = file_stem(target.index, target.name)
        alternate = "_".join(target.name.split()) or str(target.index)
        for pattern in target.patterns:
            identifier = "_".join([stem, *pattern.view.split(), *pattern.name.split()])
            named[f"{identifier} {alternate}"] = pattern.frequencies
    return named
