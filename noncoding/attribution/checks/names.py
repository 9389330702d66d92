"""What the check against known motifs is called in ``faithfulness.tsv``, and what it counts."""

IN_STRONGEST = "known motif in strongest window"
IN_MATCHED = "known motif in position-matched window"
ENRICHMENT = "known motif, enrichment"
ALL_LOCI = ", all loci"
"""Ends the name of checks that were made on every sequence that a method has explained."""
WINDOW = 40
"""bp of a window that may hold a motif."""
P_VALUE = 5e-4
"""Of a match, as the MEME suite's FIMO has it: one in 2,000 places of random sequence.

At FIMO's usual 1e-4 a motif of 7 bp is matched by its single best k-mer alone. Matches by
chance are counted in the position-matched windows, too.
"""
