"""The stage ``genome``: from a FASTA file and peak files to stores."""

from noncoding.build.build import build
from noncoding.build.peaks import PeakArchive, PeakFolder, PeakSource, PeakTable

__all__ = ["PeakArchive", "PeakFolder", "PeakSource", "PeakTable", "build"]
