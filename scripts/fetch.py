from pathlib import Path
from typing import TYPE_CHECKING

from noncoding.fetch import fetch
from noncoding.stage import logged_stage

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

url = snakemake.params.url
# A mirror holds the same files, so it is no parameter: another one fetches nothing anew.
mirror = snakemake.config["mirror"]
if snakemake.input.simulated:
    # What was simulated here has a local URL, and is on no mirror.
    url, mirror = Path(url).absolute().as_uri(), None

with logged_stage(snakemake.log[0]):
    fetch(
        url,
        snakemake.output[0],
        sha256=snakemake.params.sha256,
        mirror=mirror,
    )
