from typing import TYPE_CHECKING

from noncoding.fetch import fetch
from noncoding.stage import logged_stage

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

# A mirror holds the same files, so it is no parameter: another one fetches nothing anew.
# What was simulated here is on no mirror.
mirror = None if snakemake.input.simulated else snakemake.config["mirror"]

with logged_stage(snakemake.log[0]):
    fetch(
        snakemake.params.url,
        snakemake.output[0],
        sha256=snakemake.params.sha256,
        mirror=mirror,
    )
