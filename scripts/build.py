from typing import TYPE_CHECKING

from noncoding.build.build import build
from noncoding.build.peaks import PeakArchive, PeakFolder, PeakTable
from noncoding.files import sha256
from noncoding.stage import logged_stage

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

settings = dict(snakemake.params.peaks)
naming = {key: settings[key] for key in ("pattern", "suffix", "group") if key in settings}
if "archive" in settings:
    peaks = PeakArchive(snakemake.input.peaks, **naming)
elif "folder" in settings:
    peaks = PeakFolder(settings["folder"], **naming)
else:
    peaks = PeakTable(settings["table"])
splits = dict(snakemake.params.splits)
# One archive is a string, several files are a list.
files = [snakemake.input.peaks] if "archive" in settings else list(snakemake.input.peaks)

with logged_stage(snakemake.log[0], snakemake.input):
    build(
        fasta=snakemake.input.fasta,
        peaks=peaks,
        stores=dict(snakemake.output.items()),
        window=snakemake.params.window,
        bin=snakemake.params.bin,
        min_overlap=snakemake.params.min_overlap,
        min_peaks=snakemake.params.min_peaks,
        **snakemake.params.optional,
        ignore=splits.pop("ignore", ()),
        splits=splits,
        chromosome_map=snakemake.params.chromosome_map,
        exclude=snakemake.input.get("exclude"),
        source={
            "urls": snakemake.params.urls,
            "fasta_sha256": sha256(snakemake.input.fasta),
            "peaks_sha256": sha256(*files),
        },
    )
