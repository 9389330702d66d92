"""The network of configs/yeast.yaml, trained with other losses and tested with shifts.

    .venv/bin/snakemake train --configfile configs/yeast.yaml
    for choice in both_strands mixup label_smoothing focal; do
        python benchmarks/training_choices.py train $choice results/yeast_losses --seed 1
    done
    python benchmarks/seeds.py results/yeast_losses --validation
    python benchmarks/training_choices.py shift results/yeast/convnext

`train` trains as the workflow does, but with a loss that it does not have, and writes to
``FOLDER/CHOICE-seedN``; the epochs are those of configs/yeast_choices.yaml. `shift` prints the
metrics of a trained model on the validation split, and those of predictions averaged over shifts
of the window.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from train import configuration

import noncoding.stages.train as stage
from noncoding.data.loader.augment import Views, augment
from noncoding.data.one_hot import reverse_complement
from noncoding.data.store import Store
from noncoding.evaluation.metrics import mean_metrics
from noncoding.models.export import load_model
from noncoding.settings.config import TrainingJob, check_settings
from noncoding.settings.train import RuntimeOptions
from noncoding.training.lightning_module import TrainingModule

MODEL = "chosen"
SHIFTS = (-20, -10, 0, 10, 20)


class BothStrands(TrainingModule):
    """The mean of the logits of both strands (Zhou et al. 2022), at twice the cost."""

    def logits(self, sequences: torch.Tensor) -> torch.Tensor:
        both = super().logits(torch.cat([sequences, reverse_complement(sequences)]))
        return both.view(2, len(sequences), -1).mean(0)


class Mixup(TrainingModule):
    """Convex combinations of pairs of rows and of their labels (Zhang et al. 2018)."""

    def loss(self, sequences: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        share = torch.distributions.Beta(0.2, 0.2).sample()
        order = torch.randperm(len(labels))
        return super().loss(
            torch.lerp(sequences[order], sequences, share), torch.lerp(labels[order], labels, share)
        )


class LabelSmoothing(TrainingModule):
    """Labels of 0.95 and 0.05 times the share of positives in the batch."""

    def loss(self, sequences: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return super().loss(sequences, torch.lerp(labels, labels.mean(0, keepdim=True), 0.05))


class Focal(TrainingModule):
    """The loss of rows that are predicted well has a lower weight (Lin et al. 2017)."""

    def loss(self, sequences: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        logits = self.logits(sequences).float()
        loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        return ((1 - torch.exp(-loss)).square() * loss).mean()


CHOICES = {
    "both_strands": BothStrands,
    "mixup": Mixup,
    "label_smoothing": LabelSmoothing,
    "focal": Focal,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, dest="command")
    command = commands.add_parser("train")
    command.add_argument("choice", choices=CHOICES)
    command.add_argument("folder", type=Path)
    command.add_argument("--seed", type=int, default=1)
    command = commands.add_parser("shift")
    command.add_argument("model", type=Path, nargs="+", help="results/yeast/{model}")
    parser.add_argument("--data", type=Path, default=Path("results/yeast"))
    arguments = parser.parse_args()
    if arguments.command == "train":
        train(arguments.choice, arguments.data, arguments.folder, arguments.seed)
    else:
        for model in arguments.model:
            shifted(model, arguments.data / "data" / "valid.h5")


def train(choice: str, data: Path, folder: Path, seed: int) -> None:
    """Train the network of the workflow with another loss."""
    config = configuration("configs/yeast.yaml", "configs/yeast_choices.yaml")
    network = {key: size for key, size in config["models"][MODEL].items() if key != "train"}
    job = TrainingJob(
        network=network,
        settings=check_settings(config).training_of(MODEL),
        runtime={key: config["train"][key] for key in RuntimeOptions.model_fields},
        load=config["load"],
        seed=seed,
    )
    stage.TrainingModule = CHOICES[choice]  # type: ignore[misc]
    motifs = data / "raw" / Path(config["datasets"]["yeast"]["motifs"]["url"][0]).name
    stores = {split: data / "data" / f"{split}.h5" for split in ("train", "valid")}
    out = folder / f"{choice}-seed{seed}"
    stage.train(stores, out, job, dataset="yeast", model=choice, motifs=motifs)


def shifted(folder: Path, valid: Path) -> None:
    """Print metrics of predictions for one window, and for the mean over shifted windows."""
    network = load_model(folder / "model").network.eval()
    with Store(valid) as store:
        labels, blocks = store.labels(), range(0, store.rows, 256)
        rows = [torch.from_numpy(store.sequences(slice(i, i + 256))).float() for i in blocks]
    scores = {}
    for shift in SHIFTS:
        views = [augment(batch, _all_shifted(shift, len(batch))) for batch in rows]
        with torch.inference_mode():
            scores[shift] = np.concatenate(
                [
                    (network(view).sigmoid() + network(reverse_complement(view)).sigmoid()) / 2
                    for view in views
                ]
            )
    for name, predicted in (("one", scores[0]), ("shifted", np.mean([*scores.values()], axis=0))):
        auroc, auprc = mean_metrics(labels, predicted)
        print(f"{folder.name} {name}: mean AUROC {auroc:.3f}, mean AUPR {auprc:.3f}")


def _all_shifted(shift: int, count: int) -> Views:
    return Views(shift=torch.full((count,), shift), flip=None, mutation=None)


if __name__ == "__main__":
    main()
