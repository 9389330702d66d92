"""Data: one-hot DNA, the store, the target table, and where they come from."""
