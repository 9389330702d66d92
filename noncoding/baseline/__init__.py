"""The stage ``baseline``: GC content, short words and known motifs, for comparison."""
