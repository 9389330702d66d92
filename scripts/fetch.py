from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.space import remaining_bytes
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.fetch import fetch

simulated, params, path = snakemake.input.simulated, snakemake.params, snakemake.output[0]
# With results in object storage, the local copy of the simulated archive.
addresses = [Path(simulated).absolute().as_uri()] if simulated else params.addresses
sources = {"sha256": params.sha256, "mirror": None if simulated else params.mirror}
with logged_stage(snakemake.log[0], snakemake.input):
    room = remaining_bytes(Path(path).parents[1], params.disk_gib) if params.disk_gib else None
    fetch(addresses, path, room=room, locked=not simulated, **sources)
