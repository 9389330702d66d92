from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.prediction.inference import devices
from noncoding.stages.predict import predict

torch.set_num_threads(snakemake.threads)

with logged_stage(snakemake.log[0], snakemake.input):
    predict(
        Path(snakemake.input.model[0]).parent,
        snakemake.input.store,
        snakemake.output[0],
        batch_size=snakemake.params.batch_size,
        # No parameter: how many share the work changes no result.
        devices=devices(snakemake.config["predict"]["devices"]),
    )
