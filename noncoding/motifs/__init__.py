"""Known motifs: MEME files, and the motifs of each target."""
