"""The stage ``predict_regions``: probabilities along a genome, or of sequences."""

import logging
import os
from pathlib import Path

from noncoding.common.files import discard, sha256, write_json
from noncoding.common.locks import exclusive
from noncoding.common.progress import progress
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.genome.region_windows import region_windows
from noncoding.models.export import load_model
from noncoding.prediction.inference import check_distances, named_device
from noncoding.prediction.outputs import unfinished_folder
from noncoding.prediction.region_output import (
    PredictedWindows,
    check_folder,
    check_room_for,
    output_suffix,
    sorted_bins,
    write_regions,
)
from noncoding.prediction.region_summary import summarise_regions
from noncoding.prediction.regions import MOST_UNKNOWN, predicted_shards
from noncoding.prediction.shards import Shards
from noncoding.settings.apply import BATCH_SIZE, RegionOptions

log = logging.getLogger(__name__)


def predict_regions(
    model: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: RegionOptions,
    *,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    summary: str | os.PathLike[str] | None = None,
) -> dict[str, int]:
    """Predict regions of a genome, a whole genome, or the sequences of a FASTA file.

    Finished shards are kept in a folder ``OUT.unfinished``, from which a run that was interrupted
    resumes if the model, the sequences, the regions and the options are the same.

    Parameters
    ----------
    model : path or str
        Folder of a trained model, or the name of one that comes with the package.
    out : path
        ``.tsv``, ``.tsv.gz`` or ``.h5``, or a folder of bigWig files, see
        `noncoding.prediction.region_output.write_regions`.
    options : RegionOptions
    device : {"auto", "cpu", "cuda"}
    batch_size : int
        Windows per step of the network.
    summary : path, optional
        JSON file with what `noncoding.prediction.region_summary.summarise_regions` gives, for the
        report.

    Returns
    -------
    dict
        Numbers of ``windows`` and ``targets``.

    Raises
    ------
    InputError
        The model or a file cannot be used, an option matches nothing, bins overlap in a track,
        a folder has other files, there is too little room on the disk, or another process writes
        the same output.
    """
    suffix = output_suffix(out, options.files().values())
    chosen = named_device(device)
    exported = load_model(model)
    targets = exported.selected_targets(options.targets)
    check_distances("shifts", options.shifts, exported.length)
    windows, sequences = region_windows(options, exported.length, exported.bin)
    if not suffix:
        check_folder(out, targets)
        for _ in sorted_bins(windows):  # refuses overlaps
            pass
    unfinished = unfinished_folder(out)
    size = f"{counted(len(windows), 'window')} × {counted(len(targets), 'target')}"
    record = {
        "model": sha256(exported.folder / "model.safetensors"),
        "targets": targets["index"].tolist(),
        "windows": windows.digest,
        "sequences": [sequences.fasta.name, *_state(sequences.fasta)],
        "both_strands": options.both_strands,
        "shifts": options.shifts,
        "batch_size": batch_size,
    }
    with exclusive(unfinished):
        shards = Shards(unfinished, (len(windows), len(targets)), batch_size)
        missing = shards.missing(record)
        left = len(windows) - shards.finished
        check_room_for(out, len(windows), len(targets), left, long=options.long)
        log.info("%s on the device %s", size, chosen)
        unknown = 0
        with progress(len(windows), "window", shards.finished) as update:

            def count(computed: int, mostly_unknown: int) -> None:
                nonlocal unknown
                unknown += mostly_unknown
                update(computed)

            for shard, probabilities in predicted_shards(
                exported,
                windows,
                sequences,
                missing,
                targets["index"].to_numpy(),
                shifts=options.shifts,
                both_strands=options.both_strands,
                device=chosen,
                batch_size=batch_size,
                progress=count,
            ):
                shards.write(shard, probabilities)
        if unknown:
            log.warning(
                "%s of %s have more than %.0f %% unknown bases (N), also of padding: their "
                "probabilities are not reliable, since models rarely see N in training",
                f"{unknown:,}",
                counted(left, "window"),
                100 * MOST_UNKNOWN,
            )
        log.info("writing %s", out)
        # Again, since pyBigWig may crash on a full disk.
        check_room_for(out, len(windows), len(targets), 0, long=options.long)
        attributes = {
            "model": record["model"],
            "bin": windows.bin,
            "length": windows.length,
            "both_strands": options.both_strands,
            "shifts": options.shifts,
        }
        found = PredictedWindows(windows, shards, targets, attributes)
        write_regions(out, found, long=options.long)
        if summary is not None:
            content = {"file": Path(out).name, **summarise_regions(found), "versions": versions()}
            write_json(content, summary)
        discard(unfinished)
    log.log(
        RESULT,
        "%s: %s, %s",
        out,
        size,
        "averaged over both strands" if options.both_strands else "of the forward strand",
    )
    return {"windows": len(windows), "targets": len(targets)}


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file: a digest of a genome would take longer than a few regions."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
