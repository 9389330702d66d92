from noncoding.common.files import sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.data.genome.peaks import peak_source
from noncoding.stages.tile import tile

settings = snakemake.params.peaks
archive = snakemake.input.peaks if "archive" in settings else None
files = [archive] if archive else list(snakemake.input.peaks)
splits = dict(snakemake.params.splits)

with logged_stage(snakemake.log[0], snakemake.input):
    tile(
        fasta=snakemake.input.fasta,
        peaks=peak_source(settings, archive),
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
