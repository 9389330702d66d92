"""The stage ``report``: the page that a person opens first."""

from noncoding.report.report import report

__all__ = ["report"]
