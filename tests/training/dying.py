"""A training that is killed within a validation, a checkpoint or the export."""

import os
import signal
import sys

import running
import torch

from noncoding.stages.train import train
from noncoding.training.checkpoints import ResumePoint
from noncoding.training.lightning_module import TrainingModule


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def while_validating(epoch):
    def on_validation_epoch_start(self):
        if self.current_epoch == epoch:
            die()

    TrainingModule.on_validation_epoch_start = on_validation_epoch_start


def after_the_checkpoint_of_an_epoch(epoch):
    original = ResumePoint.on_train_epoch_end

    def on_train_epoch_end(self, trainer, pl_module):
        original(self, trainer, pl_module)
        if trainer.current_epoch == epoch:
            die()

    ResumePoint.on_train_epoch_end = on_train_epoch_end


def while_saving(number):
    """Half of a checkpoint is on disk."""
    save, saved = torch.save, []

    def half_saved(checkpoint, file, *arguments, **options):
        saved.append(file)
        if len(saved) == number:
            file.write(b"half of a checkpoint")
            file.flush()
            die()
        save(checkpoint, file, *arguments, **options)

    torch.save = half_saved


def while_exporting(_):
    sys.modules[train.__module__].export_model = lambda *_: die()


MOMENTS = {
    made.__name__: made
    for made in (
        while_validating,
        after_the_checkpoint_of_an_epoch,
        while_saving,
        while_exporting,
    )
}


def dies(moment, which, *arguments, **settings):
    """Train, with the arguments of `running.run`, until a moment."""
    MOMENTS[moment](which)
    running.run(*arguments, **settings)
