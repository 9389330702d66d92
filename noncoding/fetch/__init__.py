"""The stage ``fetch``: a published file, whole, checked, resumable."""

from noncoding.fetch.fetch import fetch
from noncoding.fetch.space import Budget

__all__ = ["Budget", "fetch"]
