"""A genome and its peaks: bins, labels, windows."""
