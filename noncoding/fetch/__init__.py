"""The stage ``fetch``: a published file, whole, checked, resumable."""

from noncoding.fetch.fetch import fetch

__all__ = ["fetch"]
