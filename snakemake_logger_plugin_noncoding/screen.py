"""Lines on the terminal, above a progress bar."""

import os
from typing import Never, TextIO

from tqdm import tqdm

_STYLES = {"error": "\033[31m", "warning": "\033[33m", "strong": "\033[1m"}
_BAR = "{n_fmt} of {total_fmt} jobs |{bar:20}| {elapsed}{postfix}"


class Screen:
    """Writes lines; on a terminal, with a progress bar below them."""

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        self._stream = stream
        self._bar: tqdm[Never] | None = None
        self.is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._styled = self.is_terminal and not plain and "NO_COLOR" not in os.environ

    def write(self, text: str, style: str | None = None) -> None:
        """Write one or several lines."""
        if style and self._styled:
            text = f"{_STYLES[style]}{text}\033[0m"
        if self._bar is None:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        else:
            self._bar.write(text, file=self._stream)

    def start_bar(self, total: int) -> None:
        """Show a progress bar, on a terminal only."""
        if self.is_terminal and self._bar is None:
            self._bar = tqdm(
                total=total, bar_format=_BAR, dynamic_ncols=True, leave=False, file=self._stream
            )

    def update_bar(self, done: int, status: str) -> None:
        """Show the number of finished jobs, and what is running."""
        if self._bar is not None:
            self._bar.n = done
            self._bar.set_postfix_str(status, refresh=True)

    def close(self) -> None:
        """Remove the progress bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
