from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings
from noncoding.stages.motifs import discover_motifs

given, params, folder = snakemake.input, snakemake.params, Path(snakemake.output[0]).parent
files = [{Path(path).stem: path for path in given.stores}, given.predictions, given.metrics]
settings = TargetSelection(**params.targets), MotifsSettings(**params.settings)
with logged_stage(snakemake.log[0], given):
    model, motifs = Path(given.model[0]).parent, given.motifs or None
    discover_motifs(model, *files, folder, *settings, motifs=motifs)
