"""Validation of attribution maps."""
