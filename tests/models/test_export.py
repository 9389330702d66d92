import hashlib
import json
import tempfile
from dataclasses import replace

import pandas as pd
import pytest
import torch
from elsewhere import logits_elsewhere
from safetensors.torch import load_file, save_file
from toy_store import LENGTH, TABLE, TOLD_APART, export_toy_model, toy_sizes, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.store import Store
from noncoding.data.targets import write_targets
from noncoding.layout import LOADED_FILES, MODEL_CODE, MODEL_FILES
from noncoding.models.architectures import create_model
from noncoding.models.export import export_model, load_model
from noncoding.models.hybrid import Hybrid

RECORD = {
    "dataset": "toy",
    "model": "tiny",
    "bin": 20,
    "validation": {"AUPR, mean over targets": 0.5},
}


@pytest.fixture
def exported(tmp_path):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    export_model(network, tmp_path / "model", TABLE, RECORD)
    return network, tmp_path / "model"


def test_the_loaded_model_gives_the_same_logits(exported):
    network, folder = exported
    sequences = torch.rand(3, 4, LENGTH)
    loaded = load_model(folder)
    torch.testing.assert_close(loaded.network(sequences), network(sequences))
    assert not loaded.network.training
    assert loaded.targets.equals(TABLE)
    parameters = sum(p.numel() for p in network.parameters())
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert loaded.training == RECORD | {"parameters": parameters, "weights_sha256": digest}


def test_it_is_an_ordinary_hugging_face_folder(exported):
    network, folder = exported
    assert sorted(path.name for path in folder.iterdir()) == sorted(MODEL_FILES)
    weights = load_file(folder / "model.safetensors")
    assert weights.keys() == network.state_dict().keys()
    sequences = torch.rand(3, 4, LENGTH)
    torch.testing.assert_close(Hybrid.from_pretrained(folder).eval()(sequences), network(sequences))


def test_it_loads_without_this_project(tmp_path):
    sequences = torch.rand(3, 4, LENGTH)
    expected = {}
    for kind in ("transformer_xl", "rotary", "lstm", "bert", "none"):
        network = create_model(length=LENGTH, targets=3, **toy_sizes(kind=kind)).eval()
        export_model(network, tmp_path / kind, TABLE, RECORD)
        expected[tmp_path / kind] = network(sequences).detach()
    given = logits_elsewhere(expected, sequences, tmp_path / "scratch")
    for logits, own in zip(given, expected.values(), strict=True):
        torch.testing.assert_close(logits, own)


def test_no_code_of_the_folder_is_run(exported):
    for name in MODEL_CODE:
        (exported[1] / name).write_text("raise SystemExit")
    assert load_model(exported[1]).network


def test_the_configuration_names_the_alphabet(exported):
    assert json.loads((exported[1] / "config.json").read_text())["alphabet"] == "ACGT"


def test_the_model_card_describes_the_input(exported):
    card = (exported[1] / "README.md").read_text()
    assert "(batch, 4, 40)" in card
    assert "A, C, G, T" in card
    assert "| AUPR, mean over targets | 0.5000 |" in card


def test_a_store_of_another_task_is_refused(exported, tmp_path):
    trained = load_model(exported[1])
    with Store(write_toy_store(tmp_path / "same.h5")) as store:
        trained.check_fits(store)
    other = TABLE.assign(name=["a", "b", "z"])
    with (
        Store(write_toy_store(tmp_path / "other.h5", table=other)) as store,
        pytest.raises(InputError, match=r"targets\.tsv: found 3 targets \(a, b, c\); .*a, b, z"),
    ):
        trained.check_fits(store)


@pytest.mark.parametrize("name", LOADED_FILES)
def test_an_incomplete_folder_is_refused(exported, name):
    (exported[1] / name).unlink()
    with pytest.raises(InputError, match=rf"no file {name}"):
        load_model(exported[1])


def edit(path, **changes):
    """Change keys of a JSON file; None removes one."""
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))


@pytest.mark.parametrize("alphabet", ["AGCT", None])
def test_a_model_of_another_alphabet_is_refused(exported, alphabet):
    edit(exported[1] / "config.json", alphabet=alphabet)
    with pytest.raises(InputError, match=r"config\.json: found the alphabet .*expected 'ACGT'"):
        load_model(exported[1])


@pytest.mark.parametrize("key", ["length", "targets"])
@pytest.mark.parametrize("size", [None, 0, "40"])
def test_a_configuration_without_a_size_is_refused(exported, key, size):
    """Without the check, transformers would take the default of the network."""
    edit(exported[1] / "config.json", **{key: size})
    with pytest.raises(InputError, match=rf"config\.json: found {key}: {size!r}; expected a pos"):
        load_model(exported[1])


@pytest.mark.parametrize("bin_length", [None, 0, 21, 42])
def test_a_record_without_a_bin_at_the_centre_is_refused(exported, bin_length):
    edit(exported[1] / "training.json", bin=bin_length)
    with pytest.raises(InputError, match=rf"training\.json: found a bin of {bin_length} bp"):
        load_model(exported[1])


def test_targets_of_another_number_than_the_logits_are_refused(exported):
    write_targets(TABLE[:2], exported[1] / "targets.tsv")
    with pytest.raises(
        InputError, match=r"targets\.tsv: found 2 targets; expected 3, one for each"
    ):
        load_model(exported[1])


def missing(weights):
    weights.popitem()


def renamed(weights):
    name, values = weights.popitem()
    weights[f"{name}s"] = values


def of_another_shape(weights):
    name, values = weights.popitem()
    weights[name] = values[..., :1].clone()


def changed(weights):
    name, values = weights.popitem()
    weights[name] = values + 1


@pytest.mark.parametrize("known", [True, False], ids=["digest known", "digest not known"])
@pytest.mark.parametrize("change", [missing, renamed, of_another_shape])
def test_weights_that_do_not_match_the_network_are_refused(exported, change, known):
    """Also without a recorded digest; no tensor is initialised at random."""
    folder = exported[1]
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")
    if not known:
        (folder / "training.json").write_text(json.dumps(RECORD))
    message = "weights with the SHA-256" if known else "other weights than the network's"
    with pytest.raises(InputError, match=message):
        load_model(folder)


def test_weights_of_another_export_are_refused(exported):
    folder = exported[1]
    weights = load_file(folder / "model.safetensors")
    changed(weights)
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InputError, match="weights with the SHA-256"):
        load_model(folder)


def test_a_configuration_chooses_no_code_of_transformers(exported):
    edit(exported[1] / "config.json", _attn_implementation="someone/kernel", attention="other")
    network = load_model(exported[1]).network
    assert network.config._attn_implementation != "someone/kernel"
    assert not hasattr(network.config, "attention")


@pytest.mark.parametrize("name", ["config.json", "training.json"])
@pytest.mark.parametrize("content", ["", '{"model_type": "hy', "[]"])
def test_a_damaged_record_is_named(exported, name, content):
    (exported[1] / name).write_text(content)
    with pytest.raises(InputError, match=rf"{name}: found a truncated or damaged file"):
        load_model(exported[1])


def test_a_damaged_file_of_weights_and_sizes_of_no_network_are_named(exported):
    folder = exported[1]
    (folder / "training.json").write_text(json.dumps(RECORD))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"resnet": {"channels": "many"}}))
    with pytest.raises(InputError, match=r"config\.json: found sizes of no network"):
        load_model(folder)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(InputError, match=r"model\.safetensors: found other weights"):
        load_model(folder)


def test_a_full_temporary_folder_is_not_needed(exported, tmp_path, monkeypatch):
    network, folder = exported
    monkeypatch.setattr(tempfile, "tempdir", "/dev/full")
    export_model(network, folder, TABLE, RECORD)
    assert load_model(folder).network
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_labels_of_targets_do_not_depend_on_the_selection(exported):
    targets = pd.DataFrame({"index": range(3), "name": ["CTCF", "Reb1", "CTCF"], "group": "TF"})
    model = replace(load_model(exported[1]), targets=targets)
    for wanted, labels in (
        ([], ["CTCF (index 0)", "Reb1", "CTCF (index 2)"]),
        ([2], ["CTCF (index 2)"]),
        (["Reb1", 0], ["CTCF (index 0)", "Reb1"]),
    ):
        assert model.selected_targets(wanted)["label"].tolist() == labels


def test_a_store_with_targets_of_the_same_names_in_another_order_is_refused(tmp_path):
    export_toy_model(tmp_path / "model", table=TOLD_APART)
    model = load_model(tmp_path / "model")
    swapped = TOLD_APART.assign(cell_type=["K562", "GM12878", "K562"])
    for table in (TOLD_APART, swapped):
        with Store(write_toy_store(tmp_path / "a.h5", rows=4, table=table)) as store:
            if table is TOLD_APART:
                model.check_fits(store)
                continue
            with pytest.raises(InputError, match="3 targets"):
                model.check_fits(store)
