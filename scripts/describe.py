from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.layout import SPLITS
from noncoding.stages.describe import describe

with logged_stage(snakemake.log[0], snakemake.input):
    stores = {split: snakemake.input[split] for split in SPLITS}
    describe(stores, Path(snakemake.output[0]).parent)
