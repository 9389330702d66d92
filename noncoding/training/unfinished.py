"""What a training that was cut off has left, and whether the next one can go on from it."""

import json
import logging
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write, discard, read_json, sha256
from noncoding.common.provenance import source_files
from noncoding.layout import FINISHED

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """The folder of a training until its results have been accepted.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @property
    def resume_point(self) -> Path:
        """The checkpoint to go on from."""
        return self.folder / "last.ckpt"

    @property
    def best(self) -> Path:
        """The checkpoint of the best epoch."""
        return self.folder / "best.ckpt"

    @property
    def layers(self) -> Path:
        """The table of each layer's norms."""
        return self.folder / "layers.csv"

    def begin(self, record: dict[str, Any], *, writes: bool = True) -> tuple[Path | None, int]:
        """Where to go on from.

        A training that has ended stays here until its results have been accepted: until then
        they can be written again, by the same code. Of another record it is deleted.

        Parameters
        ----------
        record : dict
            All that decides the weights; JSON.
        writes : bool
            Whether to delete what cannot be gone on from, and write the record down. Of the
            processes that share a training the first one does; before or after it, the
            others find the same.

        Returns
        -------
        resumed : Path or None
            The checkpoint; None for a training from the start.
        parts : int
            Into how many parts a batch is cut, since it did not fit into the memory.

        Raises
        ------
        InputError
            What is there is of another record, or nothing says of which.
        """
        code = _code()
        settings = self.folder / "settings.json"
        before = read_json(settings)
        if (self.folder / FINISHED).exists():
            if before == record and read_json(self.folder / FINISHED) == code:
                log.info("the training had ended; its results are written again")
                return self.resume_point, self._parts()
            if writes:
                discard(self.folder)
            before = None
        elif self.resume_point.exists():
            if not isinstance(before, dict):
                raise InputError(
                    settings,
                    "no settings, or a file that is cut short",
                    f"the settings of {self.resume_point}",
                    f"Put it back, or delete {self.folder} to train from the start.",
                )
            different = [key for key in record if before.get(key) != record[key]]
            if different:
                raise InputError(
                    self.resume_point,
                    "a checkpoint of another configuration or of other data "
                    f"(different: {', '.join(different)})",
                    "one of the configuration and the data of this run",
                    f"Delete {self.folder} to train from the start, or restore the "
                    f"configuration that stands in {settings}.",
                )
            log.info("going on from %s", self.resume_point)
            return self.resume_point, self._parts()
        if before == record:
            return None, self._parts()
        if writes:
            (self.folder / "parts.json").unlink(missing_ok=True)
            with atomic_write(settings) as [partial]:
                partial.write_text(json.dumps(record, indent=2), encoding="utf-8")
        return None, 1

    def finish(self) -> None:
        """Write down that the results are written, so that this folder can be removed."""
        with atomic_write(self.folder / FINISHED) as [partial]:
            partial.write_text(json.dumps(_code()), encoding="utf-8")

    def _parts(self) -> int:
        path = self.folder / "parts.json"
        parts = read_json(path)
        if isinstance(parts, int) and parts > 0:
            return parts
        if path.exists() and self.resume_point.exists():
            raise InputError(
                path,
                "a file that is cut short",
                f"into how many parts batches were cut for {self.resume_point}",
                f"Write 2, 4 or 8 into it, or delete {self.folder} to train from the start.",
            )
        return 1

    def cut_batches(self, parts: int) -> None:
        """Remember into how many parts a batch is cut, for whoever goes on."""
        with atomic_write(self.folder / "parts.json") as [partial]:
            partial.write_text(json.dumps(parts), encoding="utf-8")

    def metrics(self) -> pd.DataFrame:
        """The CSV logs of all attempts as one; of a step taken twice, the later one.

        A row that a kill has cut short is of a step that was taken again.
        """
        found = self.folder.glob("csv/version_*/metrics.csv")
        numbered = [path for path in found if path.parent.name[8:].isdigit()]
        attempts = sorted(numbered, key=lambda path: int(path.parent.name[8:]))
        joined = pd.DataFrame()
        for path in attempts:
            # A loss of power leaves zeros of what was not on the disk yet.
            text = path.read_text(encoding="utf-8", errors="replace").partition("\0")[0]
            whole = text.rpartition("\n")[0]
            if not whole:
                continue
            attempt = pd.read_csv(StringIO(whole))
            if len(joined) and len(attempt):
                joined = joined[joined["step"] < attempt["step"].min()]
            joined = pd.concat([joined, attempt], ignore_index=True)
        return joined


@cache
def _code() -> str:
    """Digest of the training's code as it was when first asked for, in `Unfinished.begin`.

    What is edited while a training runs has no part in it.
    """
    root = Path(__file__).parents[2]
    return sha256(*source_files(root / "noncoding" / "stages" / "train.py", root))
