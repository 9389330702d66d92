"""Shuffled batches of packed rows, from stores to the training device."""
