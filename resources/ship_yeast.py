"""Put a model of the yeast data set into the package.

    python resources/ship_yeast.py results/yeast/convnext   # a trained model
    python resources/ship_yeast.py                          # after changes of noncoding/models

The folder of results has ``model`` and ``evaluation``, and the folder above it the test split,
``data/test.h5``. Weights are rounded to half precision, which halves the size of the model; they
are used in single precision, as before. Without results, the weights are kept, and the code and
the model card in the folder are written again; the examples, too, if a test split is given.
"""

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_folders, sha256
from noncoding.data.one_hot import letters
from noncoding.data.store import Store
from noncoding.data.targets import distinct_names
from noncoding.layout import FOLDERS, LOADED_FILES, MODEL_CODE, SUMMARY, TARGETS
from noncoding.models.descriptions import ModelDescription, describe
from noncoding.models.export import ExportedModel, load_model
from noncoding.prediction.inference import strand_averaged

# Of this checkout, also where another one is installed.
PACKAGE = Path(__file__).resolve().parents[1] / "noncoding"
FOLDER = PACKAGE / "shipped" / "yeast"
CARD = Path(__file__).with_name("yeast_card.md")
"""The model card, with fields for figures."""
EXAMPLES = "examples.tsv"
"""Loci of the test split with their sequences and probabilities."""
TOLERANCE = 0.001
"""Largest difference of probabilities on other processors and versions."""
_PROTEINS = 10
_MOST_BYTES = 2_000_000


def examples(model: ExportedModel, store: Store, auprc: pd.Series) -> pd.DataFrame:
    """One locus of each of the ten proteins with the highest test AUPR.

    It is the positive test locus with the highest probability of the protein, averaged over both
    strands; the first in the order of the genome of several, and none twice.

    Parameters
    ----------
    model : ExportedModel
    store : Store
        The test split.
    auprc : pandas.Series
        Of each target of the model, on the test split.

    Returns
    -------
    pandas.DataFrame
        Columns protein, chromosome, start and end (0-based, half-open), sequence, and the
        probability of each of the ten proteins.
    """
    model.check_fits(store)
    loci = store.loci()
    genome, own = (
        data.get("fasta_sha256") for data in (store.source, model.training["data"]["train"])
    )
    if loci is None or genome != own:
        raise InputError(
            store.path,
            f"loci of the genome with the SHA-256 {genome}" if loci is not None else "no loci",
            f"loci of {own}, the genome of the training",
            "Give the test split of the data set of the model.",
        )
    chosen = np.argsort(-auprc.to_numpy(), kind="stable")[:_PROTEINS]  # NaN comes last
    positive = store.labels(slice(0, store.loci_count))[:, chosen] == 1
    rows = np.flatnonzero(positive.any(axis=1))
    in_order = loci.iloc[rows].reset_index(drop=True).sort_values(["chromosome", "start"]).index
    rows, sequences = rows[in_order], store.sequences(rows)[in_order]
    one_hot = torch.from_numpy(sequences).float()
    probability = torch.cat(
        [strand_averaged(model.network, batch)[:, chosen] for batch in one_hot.split(64)]
    )
    probability = probability.double().numpy()  # whose rounded values are written as such
    names = distinct_names(model.targets).iloc[chosen].tolist()
    free, records = np.ones(len(rows), bool), []
    for column, name in enumerate(names):
        allowed = free & positive[rows, column]
        best = int(np.where(allowed, probability[:, column], -1).argmax())
        free[best] = False
        records.append(
            {
                "protein": name,
                **loci.iloc[rows[best]],
                "sequence": letters(sequences[best]),
                **dict(zip(names, probability[best].round(4).tolist(), strict=True)),
            }
        )
    return pd.DataFrame(records)


def model_card(model: ModelDescription, network: str, loci: pd.DataFrame) -> str:
    """The text of README.md; `network` is the name of the class, `loci` are the `examples`."""
    table = "\n".join(
        f"| {row.protein} | {row.chromosome}:{row.start + 1:,}–{row.end:,} "
        f"| {row[row.protein]:.4f} |"
        for _, row in loci.iterrows()
    )
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
        examples=table,
        tolerance=TOLERANCE,
        model=training["model"],
        best_epoch=training["validation"]["best epoch"],
        versions=", ".join(f"{name} {version}" for name, version in training["versions"].items()),
        **training["data"]["train"]["counts"]["rows"],
    )


def round_weights(folder: Path) -> None:
    """Round the weights of an exported model to half precision, and renew their digest."""
    weights, record = folder / "model.safetensors", folder / "training.json"
    rounded = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(weights).items()
    }
    weights.write_bytes(save(rounded, metadata={"format": "pt"}))
    training = json.loads(record.read_text(encoding="utf-8"))
    training["weights_sha256"] = sha256(weights)
    record.write_text(json.dumps(training, indent=2), encoding="utf-8")


def ship(results: Path | None, folder: Path, test: Path | None = None) -> None:
    """Write the folder of the model; from `results`, if given.

    `test` is the test split, by default that beside the results.

    Raises
    ------
    InputError
        A file is missing or of another model, or the folder is too large.
    """
    source = results / "model" if results else folder
    evaluation = Path(FOLDERS["evaluate"]).name
    evaluated = (results or folder) / evaluation
    template = CARD.read_text(encoding="utf-8")
    figures = re.findall(rf"\]\(({evaluation}/[^)]+)\)", template)
    if results and not test:
        test = results.parent / "data" / "test.h5"
    with atomic_folders(folder) as [made]:
        (made / evaluation).mkdir()
        for name in LOADED_FILES:
            shutil.copyfile(source / name, made / name)
        round_weights(made)
        for name in (SUMMARY, TARGETS):
            shutil.copyfile(evaluated / name, made / evaluation / name)
        for name in figures:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(evaluated.parent / name, made / name)
        for name in MODEL_CODE:
            shutil.copyfile(PACKAGE / "models" / name, made / name)
        exported, described = load_model(made), describe(made)
        if test:
            with Store(test) as store:
                table = examples(exported, store, described.targets["test_auprc"])
            table.to_csv(made / EXAMPLES, sep="\t", index=False)
        else:
            shutil.copyfile(folder / EXAMPLES, made / EXAMPLES)
        card = model_card(
            described, type(exported.network).__name__, pd.read_csv(made / EXAMPLES, sep="\t")
        )
        (made / "README.md").write_text(card, encoding="utf-8")
        size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        if size >= _MOST_BYTES:
            raise InputError(
                folder,
                f"{size:,} bytes",
                f"less than {_MOST_BYTES:,}, since the model is part of every installation",
                "The folder is as before. Ship a smaller model.",
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, nargs="?", help="folder of the model's results")
    parser.add_argument("--test", type=Path, help="test split; by default, that of the results")
    given = parser.parse_args(arguments)
    try:
        ship(given.results, FOLDER, given.test)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
