"""Training: the Lightning module, callbacks and checkpoints."""
