"""A Snakemake logger: one line per finished job, and a table at the end of a run.

The Snakefile calls `show_concisely`. The package is a logger plugin of Snakemake, but no profile
names it (``--logger noncoding``): Snakemake would refuse to start where it is not installed, with a
list of all options for a message.
"""

import sys
from types import TracebackType

from snakemake.logging import logger
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from snakemake_logger_plugin_noncoding.handler import LogHandler, LogHandlerSettings

__all__ = ["LogHandler", "LogHandlerSettings", "show_concisely"]


def show_concisely(settings: OutputSettingsLoggerInterface) -> None:
    """Replace Snakemake's own output on the terminal, unless the user has chosen a logger."""
    for handler in list(logger.handlers):
        if handler.name == "DefaultStreamHandler":
            logger.removeHandler(handler)
            logger.addHandler(LogHandler(settings, None))
            sys.excepthook = _show_uncaught


def _show_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Show no traceback of an interrupt before the first job, which Snakemake does not catch."""
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("Stopped before any job was started.\n")
    else:
        sys.__excepthook__(kind, error, trace)
