"""The command ``noncoding``."""
