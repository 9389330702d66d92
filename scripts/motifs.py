import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings
from noncoding.stages.motifs import discover_motifs

given, params = snakemake.input, snakemake.params
stores = {split: getattr(given, split) for split in ("test", "valid", "train")}
settings = TargetSelection(**params.targets), MotifsSettings(**params.settings)
with logged_stage(snakemake.log[0], given):
    files = [params.model, stores, given.predictions, given.metrics, params.folder]
    discover_motifs(*files, *settings, motifs=given.motifs or None)
