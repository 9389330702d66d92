"""What a training that was cut off has left, and whether the next one can go on from it."""

import json
import logging
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.errors import InputError
from noncoding.files import written_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """The folder of a training until it has ended.

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
    def layers(self) -> Path:
        """The table of each layer's norms."""
        return self.folder / "layers.csv"

    def begin(self, record: dict[str, Any]) -> Path | None:
        """The checkpoint to go on from; None for a training from the start.

        Parameters
        ----------
        record : dict
            All that decides the weights; JSON.

        Raises
        ------
        InputError
            What is there is of another record.
        """
        settings = self.folder / "settings.json"
        if self.resume_point.exists() and settings.exists():
            before = json.loads(settings.read_text())
            different = [key for key in record if before.get(key) != record[key]]
            if different:
                raise InputError(
                    self.resume_point,
                    f"a checkpoint of another configuration (different: {', '.join(different)})",
                    "one of the configuration that is run now",
                    f"Delete {self.folder} to train from the start, or restore the "
                    f"configuration that stands in {settings}.",
                )
            log.info("going on from %s", self.resume_point)
            return self.resume_point
        self.folder.mkdir(parents=True, exist_ok=True)
        if not settings.exists() or json.loads(settings.read_text()) != record:
            (self.folder / "parts.json").unlink(missing_ok=True)
        with written_whole(settings) as [partial]:
            partial.write_text(json.dumps(record, indent=2))
        return None

    def smaller_batches(self) -> int:
        """Into how many parts a batch is cut, since it did not fit into the memory."""
        path = self.folder / "parts.json"
        return json.loads(path.read_text()) if path.exists() else 1

    def cut_batches(self, parts: int) -> None:
        """Remember `smaller_batches` for whoever goes on."""
        with written_whole(self.folder / "parts.json") as [partial]:
            partial.write_text(json.dumps(parts))

    def metrics(self) -> pd.DataFrame:
        """The CSV logs of all attempts as one; of a step taken twice, the later one.

        A row that a kill has cut short is of a step that was taken again.
        """
        attempts = sorted(
            self.folder.glob("csv/version_*/metrics.csv"),
            key=lambda path: int(path.parent.name[8:]),
        )
        joined = pd.DataFrame()
        for path in attempts:
            whole = path.read_text().rpartition("\n")[0]
            if not whole:
                continue
            attempt = pd.read_csv(StringIO(whole))
            if len(joined) and len(attempt):
                joined = joined[joined["step"] < attempt["step"].min()]
            joined = pd.concat([joined, attempt], ignore_index=True)
        return joined
