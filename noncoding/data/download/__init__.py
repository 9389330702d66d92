"""The stage ``fetch``: a published file, whole, checked, resumable."""
