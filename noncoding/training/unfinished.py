"""Working folder of a training, kept until its results are accepted."""

import logging
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import discard, read_json, sha256, write_json
from noncoding.common.provenance import source_files
from noncoding.layout import FINISHED
from noncoding.training.tables import EPOCH_METRICS

log = logging.getLogger(__name__)


class Unfinished:
    """The folder with the state of a training.

    Attributes
    ----------
    folder : Path
    resume_point, best : Path
        Checkpoints of the latest state and of the best epoch.
    layers : Path
        Table of each layer's norms.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.resume_point = folder / "last.ckpt"
        self.best = folder / "best.ckpt"
        self.layers = folder / "layers.csv"

    def start(self, record: dict[str, Any], *, writes: bool = True) -> Path | None:
        """Prepare the folder for a training, and return the checkpoint to resume from, if any.

        A training that has ended remains here until its results are accepted: until then they
        can be written again, by the same code. The state of another one that has ended is
        deleted.

        Parameters
        ----------
        record : dict
            Everything that determines the weights, as JSON.
        writes : bool
            Whether to delete an outdated state and write the record, which only the first of
            several processes does. The result does not depend on it.

        Raises
        ------
        InputError
            There is a checkpoint of another record, or without a record.
        """
        code = _code()
        settings = self.folder / "settings.json"
        before = read_json(settings)
        if (self.folder / FINISHED).exists():
            if before == record and read_json(self.folder / FINISHED) == code:
                log.info("the training had ended; its results are written again")
                return self.resume_point
            if writes:
                discard(self.folder)
            before = None
        elif self.resume_point.exists():
            if not isinstance(before, dict):
                raise InputError(
                    settings,
                    "no settings, or a truncated file",
                    f"the settings of {self.resume_point}",
                    f"Restore it, or delete {self.folder} to train from the start.",
                )
            keys = dict.fromkeys([*record, *before])
            different = [key for key in keys if before.get(key) != record.get(key)]
            if different:
                raise InputError(
                    self.resume_point,
                    "a checkpoint of another configuration or of other data "
                    f"(different: {', '.join(different)})",
                    "one of the configuration and the data of this run",
                    f"Delete {self.folder} to train from the start, or restore the "
                    f"configuration in {settings}.",
                )
            log.info("resuming from %s", self.resume_point)
            return self.resume_point
        if writes and before != record:
            write_json(record, settings)
        return None

    def finish(self) -> None:
        """Record that the results are written, so that this folder can be removed."""
        write_json(_code(), self.folder / FINISHED)

    def metrics(self, epoch: int, known: dict[str, float]) -> pd.DataFrame:
        """The CSV logs of all attempts as one; of a repeated step, the rows of the last attempt.

        Parameters
        ----------
        epoch : int
            From 0; its `known` metrics are added if its row is missing.
        known : dict
        """
        found = self.folder.glob("csv/version_*/metrics.csv")
        numbered = [path for path in found if path.parent.name[8:].isdigit()]
        attempts = sorted(numbered, key=lambda path: int(path.parent.name[8:]))
        joined = pd.DataFrame()
        for path in attempts:
            # A power failure leaves zeros instead of what was not yet on disk, and a kill an
            # incomplete row, of a step that was repeated.
            text = path.read_text(encoding="utf-8", errors="replace").partition("\0")[0]
            whole = text.rpartition("\n")[0]
            if not whole:
                continue
            attempt = pd.read_csv(StringIO(whole))
            if len(joined) and len(attempt):
                joined = joined[joined["step"] < attempt["step"].min()]
            joined = pd.concat([joined, attempt], ignore_index=True)
        validated = joined.reindex(columns=["epoch", "valid_auprc"]).dropna()
        if epoch not in set(validated["epoch"]):
            row = {"epoch": epoch} | {name: known[name] for name in EPOCH_METRICS}
            joined = pd.concat([joined, pd.DataFrame([row])], ignore_index=True)
        return joined


@cache
def _code() -> str:
    """Digest of the code of the training, cached since files may be edited during a training."""
    root = Path(__file__).parents[2]
    return sha256(*source_files(root / "noncoding" / "stages" / "train.py", root))
