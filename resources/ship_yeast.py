"""Put the model of `make yeast` into the package.

    python resources/ship_yeast.py results/yeast/compact    # after `make yeast`
    python resources/ship_yeast.py                          # after changes of noncoding/models

The folder of results has ``model`` and ``evaluation``. Without one, the weights are kept, and the
code and the model card in the folder are written again.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from noncoding.layout import FOLDERS, LOADED_FILES, MODEL_CODE, SUMMARY, TARGETS
from noncoding.models.descriptions import ModelDescription, describe
from noncoding.models.export import load_model

# Of this checkout, also where another one is installed.
PACKAGE = Path(__file__).resolve().parents[1] / "noncoding"
FOLDER = PACKAGE / "shipped" / "yeast"
CARD = Path(__file__).with_name("yeast_card.md")
"""The model card, with fields for figures."""


def model_card(model: ModelDescription, network: str) -> str:
    """The text of README.md; `network` is the name of the class."""
    training, test = model.training, model.test
    positives = model.targets["test_positives"]
    return CARD.read_text(encoding="utf-8").format(
        network=network,
        targets=len(model.targets),
        length=model.config["length"],
        bin=training["bin"],
        parameters=training["parameters"],
        valid_auprc=model.validation("AUPR"),
        valid_auroc=model.validation("AUROC"),
        auprc=test["auprc"],
        auroc=test["auroc"],
        prevalence=positives.mean() / test["loci"],
        few=(positives < 20).sum(),
        seed=training["seed"],
        epochs=training["training"]["epochs"],
        minutes=training["seconds"] / 60,
        best_epoch=training["validation"]["best epoch"],
        versions=", ".join(f"{name} {version}" for name, version in training["versions"].items()),
        **training["data"]["train"]["counts"]["rows"],
    )


def ship(results: Path | None, folder: Path) -> None:
    """Write the folder of the model; from `results`, if given."""
    evaluation = folder / Path(FOLDERS["evaluate"]).name
    if results:
        evaluation.mkdir(parents=True, exist_ok=True)
        for name in LOADED_FILES:
            shutil.copyfile(results / "model" / name, folder / name)
        for name in (SUMMARY, TARGETS):
            shutil.copyfile(results / evaluation.name / name, evaluation / name)
    for name in MODEL_CODE:
        shutil.copyfile(PACKAGE / "models" / name, folder / name)
    network = type(load_model(folder).network).__name__
    (folder / "README.md").write_text(model_card(describe(folder), network), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, nargs="?", help="folder of the model's results")
    ship(parser.parse_args(arguments).results, FOLDER)


if __name__ == "__main__":
    main()
