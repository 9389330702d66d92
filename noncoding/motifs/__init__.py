"""Motifs: MEME files, scanning, motif discovery and matching."""
