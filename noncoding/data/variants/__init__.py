"""Variants: their files, and the sequences of their alleles."""
