"""The stage ``genome``: from a FASTA file and peak files to stores."""
