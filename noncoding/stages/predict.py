"""The driver of a prediction: probabilities of all loci of a split."""

import copy
import logging
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue

import numpy as np
import torch
from tqdm import tqdm

from noncoding.common.files import atomic_write, sha256
from noncoding.common.hdf5 import new_hdf5
from noncoding.common.locks import exclusive
from noncoding.data.store import Store
from noncoding.layout import UNFINISHED
from noncoding.models.export import load_model
from noncoding.prediction.inference import device, predicted
from noncoding.prediction.predictions import check_probabilities
from noncoding.prediction.shards import Parts

log = logging.getLogger(__name__)


def predict(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    predictions: str | os.PathLike[str],
    *,
    batch_size: int,
    devices: Sequence[torch.device] | None = None,
) -> None:
    """Write strand-averaged probabilities of every locus of a store.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store : path
    predictions : path
        HDF5, with ``probability``: float32, (loci, targets), in the order of
        the store, with a checksum a block. What is done lies beside it in a folder
        ``PREDICTIONS.unfinished`` of `noncoding.prediction.shards.Parts`, and a run that
        was interrupted, or whose results were not accepted, resumes from there. Whoever
        accepts the predictions removes the folder.
    batch_size : int
        Loci a batch.
    devices : sequence of torch.device, optional
        That share the parts; by default the one of `device`. Batches are the
        same however many share them, so devices of a kind give the same values.

    Raises
    ------
    InputError
        The model does not fit the store, gives values that are not finite, or another
        process writes the same predictions.
    """
    trained = load_model(model)
    unfinished = Path(f"{predictions}.{UNFINISHED}")
    with exclusive(unfinished), Store(store) as split:
        trained.check_fits(split)
        loci = split.loci_count
        record = {
            "model": sha256(trained.folder / "model.safetensors"),
            "store": split.digest,
            "batch_size": batch_size,
            "loci": loci,
        }
        parts = Parts(unfinished, (loci, len(split.targets)), batch_size)
        missing: Queue[slice] = Queue()
        for rows in parts.missing(record):
            missing.put(rows)
        with tqdm(
            total=loci, initial=parts.done, unit="locus", disable=not sys.stderr.isatty()
        ) as bar:

            def work(where: torch.device) -> None:
                network = copy.deepcopy(trained).moved_to(where)
                while True:
                    try:
                        rows = missing.get_nowait()
                    except Empty:
                        return
                    values = predicted(network, split, rows, batch_size, where, bar)
                    check_probabilities(values, trained.folder, rows.start)
                    parts.write(rows, values)

            chosen = [device()] if devices is None else list(devices)
            with ThreadPoolExecutor(len(chosen)) as pool:
                list(pool.map(work, chosen))
        with atomic_write(predictions) as [partial], new_hdf5(partial) as file:
            written = file.create_dataset(
                "probability",
                shape=(loci, len(split.targets)),
                dtype=np.float32,
                chunks=(min(max(loci, 1), 1024), len(split.targets)),
                fletcher32=True,
            )
            for rows, values in parts.read():
                written[rows] = values
            file.attrs.update(
                store=split.digest,
                store_rows=split.rows,
                strands=split.strands,
                model=record["model"],
            )
        targets = len(split.targets)
    log.info("%s loci × %d targets, both strands averaged", f"{loci:,}", targets)
