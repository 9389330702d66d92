"""A Snakemake logger: one line per finished job, and a table at the end of a run."""

from snakemake_logger_plugin_noncoding.handler import LogHandler

__all__ = ["LogHandler"]
