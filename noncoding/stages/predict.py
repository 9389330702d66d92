"""Probabilities of all loci of a split."""

import copy
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

import torch

from noncoding import layout
from noncoding.common.files import sha256
from noncoding.common.locks import exclusive
from noncoding.common.progress import progress
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.store import Store
from noncoding.models.export import load_model
from noncoding.prediction.inference import devices, predict_loci
from noncoding.prediction.outputs import unfinished_folder
from noncoding.prediction.predictions import check_probabilities, write_predictions
from noncoding.prediction.shards import Shards
from noncoding.settings.predict import PredictSettings

log = logging.getLogger(__name__)


def predict(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    settings: PredictSettings,
) -> None:
    """Write strand-averaged probabilities of every locus of a store.

    Finished shards are kept in a folder ``predictions.h5.unfinished``. A run that was
    interrupted, or whose results were rejected, resumes from there; the folder is removed when
    the predictions are accepted. Batches are the same for any number of devices, so devices of
    the same kind give the same values.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store : path
    folder : path
        Output folder.
    settings : PredictSettings

    Raises
    ------
    InputError
        The model does not match the store or predicts values that are not finite, or another
        process writes the same predictions.
    """
    [predictions] = layout.files("predict", folder)
    unfinished = unfinished_folder(predictions)
    exported = load_model(model)
    weights = sha256(exported.folder / "model.safetensors")
    with exclusive(unfinished), Store(store) as split:
        exported.check_fits(split)
        loci, targets = split.loci_count, len(split.targets)
        shards = Shards(unfinished, (loci, targets), settings.batch_size)
        missing: Queue[slice] = Queue()
        for shard in shards.missing(
            {
                "model": weights,
                "store": split.digest,
                "batch_size": settings.batch_size,
                "loci": loci,
            }
        ):
            missing.put(shard)
        with progress(loci, "locus", shards.finished) as update:

            def predict_missing(device: torch.device) -> None:
                network = copy.deepcopy(exported).moved_to(device)
                while True:
                    try:
                        shard = missing.get_nowait()
                    except Empty:
                        return
                    values = predict_loci(
                        network, split, shard, settings.batch_size, device, update
                    )
                    check_probabilities(values, exported.folder, shard.start)
                    shards.write(shard, values)

            shared = devices(settings.devices)
            with ThreadPoolExecutor(len(shared)) as pool:
                list(pool.map(predict_missing, shared))
        write_predictions(predictions, shards, split, weights)
    log.log(
        RESULT,
        "%s × %s, averaged over both strands",
        counted(loci, "locus"),
        counted(targets, "target"),
    )
