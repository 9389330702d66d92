from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.data.download.space import remaining_bytes
from noncoding.settings.downloads import downloads, urls
from noncoding.stages.fetch import fetch

config, dataset = snakemake.config, snakemake.wildcards.dataset
settings = config["datasets"][dataset]
# The mirror, the further URLs and the room on the disk say nothing of which file it is, so
# they are no parameters: edited, they fetch nothing anew.
if simulated := snakemake.input.simulated:
    # What was simulated here is on no mirror, and another file each time.
    addresses, mirror, locked = [Path(simulated).absolute().as_uri()], None, False
else:
    addresses = urls(downloads(settings)[snakemake.wildcards.file])
    mirror, locked = config["mirror"], True
gib = settings.get("disk_gib")

with logged_stage(snakemake.log[0], snakemake.input):
    fetch(
        addresses,
        snakemake.output[0],
        sha256=snakemake.params.sha256,
        mirror=mirror,
        locked=locked,
        room=gib and remaining_bytes(Path(config["results"], dataset), gib),
    )
