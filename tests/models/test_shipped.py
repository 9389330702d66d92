"""The model that comes with the package, and the search for models."""

import importlib.util
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from elsewhere import logits_elsewhere
from toy_store import export_toy_model

from noncoding.common.errors import InputError
from noncoding.data.one_hot import ALPHABET
from noncoding.models.export import load_model
from noncoding.models.shipped import local_models, model_folder, shipped_models
from noncoding.prediction.inference import strand_averaged

ROOT = Path(__file__).parents[2]
MOTIFS = {
    "Reb1": "TTACCCG",
    "Abf1": "ATCACTATATACG",
    "Rap1": "ACACCCATACATT",
    "Cbf1": "GTCACGTGAC",
    "Ume6": "TAGCCGCCGA",
}
"""Consensus sequences from the literature."""


@pytest.fixture(scope="module")
def yeast():
    return load_model("yeast")


@pytest.fixture(scope="module")
def ship_yeast():
    script = ROOT / "resources" / "ship_yeast.py"
    spec = importlib.util.spec_from_file_location("ship_yeast", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one_hot(sequences):
    """Shape=(n, 4, length), dtype=float32, of strings."""
    letters = np.array([list(sequence) for sequence in sequences])
    return torch.from_numpy((letters[:, None] == np.array(list(ALPHABET))[:, None]).astype("f4"))


def random_sequences(number, length):
    """As AT-rich as the yeast genome."""
    letters = np.random.default_rng(1).choice(
        list(ALPHABET), (number, length), p=[0.31, 0.19, 0.19, 0.31]
    )
    return ["".join(row) for row in letters]


def test_the_model_of_yeast_is_shipped(yeast):
    assert (yeast.length, yeast.bin, len(yeast.targets)) == (1000, 200, 256)
    assert yeast.network.config.targets == 256
    folder = shipped_models()["yeast"]
    assert folder.samefile(ROOT / "resources" / "models" / "yeast")
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2e6


@pytest.mark.parametrize("protein", MOTIFS)
def test_a_planted_site_raises_the_logit_of_its_protein_most(yeast, protein):
    before, site = random_sequences(20, yeast.length), MOTIFS[protein]
    start = (yeast.length - len(site)) // 2
    after = [each[:start] + site + each[start + len(site) :] for each in before]
    with torch.inference_mode():
        difference = yeast.network(one_hot(after)) - yeast.network(one_hot(before))
    assert yeast.targets["name"][int(difference.mean(dim=0).argmax())] == protein


def test_its_logits_are_those_of_the_export(yeast):
    """They were recorded when the model was added: a change of the code must not change them."""
    sequence = "".join(ALPHABET[position * 7 % 13 % 4] for position in range(yeast.length))
    with torch.inference_mode():
        logits = yeast.network(one_hot([sequence]))[0, :4]
    torch.testing.assert_close(
        logits, torch.tensor([-5.6842, -11.5851, -8.7710, -6.7589]), rtol=0, atol=2e-3
    )


def test_transformers_alone_gives_the_same_logits_from_a_copy(yeast, tmp_path):
    copied = shutil.copytree(yeast.folder, tmp_path / "elsewhere" / "copied")
    sequences = one_hot(random_sequences(2, yeast.length))
    [given] = logits_elsewhere([copied], sequences, tmp_path / "scratch")
    with torch.inference_mode():
        torch.testing.assert_close(given, yeast.network(sequences))
        assert torch.equal(load_model(copied).network(sequences), yeast.network(sequences))


def test_it_gives_the_probabilities_of_its_card(yeast, ship_yeast):
    """Of ten loci, within the tolerance that the card states."""
    examples = pd.read_csv(yeast.folder / "examples.tsv", sep="\t")
    names, card = examples["protein"], (yeast.folder / "README.md").read_text()
    assert len(examples) == len(set(names)) == 10
    assert not examples.duplicated(["chromosome", "start"]).any()
    assert set(examples["chromosome"]) <= {"VIII", "IX"}  # those of the test split
    assert (examples["end"] - examples["start"] == yeast.length).all()
    columns = pd.Index(yeast.targets["name"]).get_indexer(names)
    probabilities = strand_averaged(yeast.network, one_hot(examples["sequence"])).numpy()
    stored = examples[names].to_numpy()
    assert abs(probabilities[:, columns] - stored).max() <= ship_yeast.TOLERANCE
    assert f"within {ship_yeast.TOLERANCE}" in card
    for row, probability in zip(examples.itertuples(), np.diag(stored), strict=True):
        locus = f"{row.chromosome}:{row.start + 1:,}–{row.end:,}"
        assert f"| {row.protein} | {locus} | {probability:.4f} |" in card


def test_its_code_and_card_are_up_to_date(ship_yeast, tmp_path):
    folder = shipped_models()["yeast"]
    copied = Path(shutil.copytree(folder, tmp_path / "yeast"))
    (copied / "of_another_version.py").write_text("")
    ship_yeast.ship(None, copied)
    stored, made = (
        {path.relative_to(each): path.read_bytes() for path in each.rglob("*") if path.is_file()}
        for each in (folder, copied)
    )
    assert made == stored, "run: python resources/ship_yeast.py"


def test_a_model_that_is_too_large_does_not_replace_it(ship_yeast, tmp_path, monkeypatch):
    copied = Path(shutil.copytree(shipped_models()["yeast"], tmp_path / "yeast"))
    (copied / "danq.py").write_text("before")
    monkeypatch.setattr(ship_yeast, "_MOST_BYTES", 500_000)
    with pytest.raises(InputError, match=r"bytes; expected less than 500,000, since "):
        ship_yeast.ship(None, copied)
    assert (copied / "danq.py").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["yeast"]


def test_the_figures_of_its_card_are_those_of_its_files():
    folder = shipped_models()["yeast"]
    card = (folder / "README.md").read_text()
    averages = json.loads((folder / "evaluation" / "summary.json").read_text())["all"]
    validation = json.loads((folder / "training.json").read_text())["validation"]
    for metric, name in (("auprc", "AUPR"), ("auroc", "AUROC")):
        row = re.search(rf"\n\| {name}, mean over 256 targets \| (.+) \| (.+) \|\n", card)
        mean, interval = averages[metric]["mean"], averages[metric]["mean_interval"]
        assert row[1] == f"{validation[f'{name}, mean over targets']:.3f}"
        assert row[2] == f"{mean:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def test_its_files_hold_no_absolute_paths():
    folder = shipped_models()["yeast"]
    texts = [path for path in folder.rglob("*") if path.suffix in (".json", ".tsv", ".md")]
    assert len(texts) == 7
    for path in texts:
        assert not re.search(r"""(?m)(^|[\s"'(=])(/\w|~/|file:|[A-Z]:\\)""", path.read_text()), path


def test_models_are_found_by_folder_and_by_name(tmp_path, monkeypatch):
    export_toy_model(tmp_path / "results" / "toy" / "tiny" / "model")
    export_toy_model(tmp_path / "copied")
    (tmp_path / "copied" / "checkpoints").mkdir()
    (tmp_path / "copied" / "checkpoints" / "training.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    inner = Path("results/toy/tiny/model")
    assert local_models(".") == [Path("copied"), inner]
    assert local_models("missing") == []
    assert model_folder("results/toy/tiny") == inner == model_folder(inner)
    assert model_folder("yeast") == shipped_models()["yeast"]
    # A folder of the user goes before a name.
    Path("copied").rename("yeast")
    assert model_folder("yeast") == Path("yeast")


def test_neither_a_folder_nor_a_name_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"no such folder or model; .* one of yeast, or hf:.* Did you"
    ):
        model_folder("yeas")
    with pytest.raises(
        InputError, match=r"no file config\.json in this folder; .*Run `noncoding models`"
    ):
        model_folder(tmp_path)
