"""The driver on a small model."""

import json

import numpy as np
import pandas as pd
import pytest
import tangermeme.io
from memelite.io import read_meme, write_meme
from planted import matrix
from toy_store import PREDICTION, SHARED_NAMES, TABLE, export_toy_model, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.store import FORWARD, StoreHeader, new_store
from noncoding.stages.motifs import DiscoveryOutputs, Settings, discover_motifs
from noncoding.stages.predict import predict

ASKED = {"targets": ["a"], "best": 0, "best_per_group": 0, "sequences": 60}
ASKED |= {"method": "gradient", "patterns": 3}


@pytest.fixture
def inputs(tmp_path, request):
    table = getattr(request, "param", TABLE)
    export_toy_model(tmp_path / "model", table=table)
    stores = {
        name: write_toy_store(tmp_path / f"{name}.h5", rows=60, seed=seed, table=table)
        for seed, name in enumerate(("test", "train"))
    }
    predict(tmp_path / "model", stores["test"], tmp_path, PREDICTION)
    metrics = table.assign(auroc=[0.9, 0.8, np.nan], auprc=[0.7, 0.6, np.nan])
    metrics.to_csv(tmp_path / "targets.tsv", sep="\t", index=False)
    write_meme(str(tmp_path / "known.meme"), {"M1 A": matrix("CCGTA"), "M2 B": matrix("TTTTTT")})
    return [tmp_path / "model", stores, tmp_path / "predictions.h5", tmp_path / "targets.tsv"]


def outputs(folder):
    names = ("patterns.tsv", "patterns.meme", "summary.json", "figures")
    return DiscoveryOutputs(*(folder / name for name in names))


def run(inputs, tmp_path, **asked):
    made = outputs(tmp_path / "motifs")
    discover_motifs(*inputs, made, Settings(**ASKED | asked), motifs=tmp_path / "known.meme")
    return made, json.loads(made.summary.read_text())


def test_a_table_motifs_and_a_figure_a_target(inputs, tmp_path):
    made, summary = run(inputs, tmp_path, targets=["a", 1])
    table = pd.read_csv(made.patterns, sep="\t")
    # Windows of 40 bp are too short for seqlets: the first layer is what is left.
    assert table["view"].tolist() == ["first layer"] * 2
    assert table["own_motif"].tolist() == ["M1 A", "M2 B"]
    assert set(table["best_match"]) <= {"M1 A", "M2 B"}
    learned = read_meme(str(made.motifs))
    assert len(learned) == 2
    assert all(one.shape == (4, 7) for one in learned.values())
    assert sorted(path.name for path in made.figures.iterdir()) == [
        "000-a.png",
        "000-a.svg",
        "001-b.png",
        "001-b.svg",
    ]
    assert summary["targets"][0]["sequences"] == {"test": 30, "train": 30}
    assert (summary["with_motif"], summary["recovered"]) == (2, 0)


def test_what_cannot_be_shown_is_told_and_the_rest_is(inputs, tmp_path):
    _, summary = run(inputs, tmp_path, targets=["zzz", "a"])
    assert [target["name"] for target in summary["targets"]] == ["a"]
    assert "'zzz'" in summary["problems"][0]


def test_a_target_with_few_positives_is_left_out(inputs, tmp_path):
    few, summary = run(inputs, tmp_path, targets=["b"], sequences=5)
    told = summary["problems"]
    assert len(told) == 1
    assert told[0].startswith("b: found 5 positive loci in all splits; expected at least 20")
    assert pd.read_csv(few.patterns, sep="\t").empty


def test_without_a_database_nothing_is_matched(inputs, tmp_path):
    made = outputs(tmp_path / "motifs")
    discover_motifs(*inputs, made, Settings(**ASKED))
    assert pd.read_csv(made.patterns, sep="\t")["best_match"].isna().all()


def test_nothing_to_look_for_leaves_what_was_there(inputs, tmp_path):
    made, _ = run(inputs, tmp_path)
    before = made.summary.read_bytes()
    with pytest.raises(InputError, match="zzz"):
        run(inputs, tmp_path, targets=["zzz"])
    assert made.summary.read_bytes() == before
    assert not [path for path in made.summary.parent.iterdir() if path.name.startswith(".")]


def test_a_store_of_another_window_is_refused(inputs, tmp_path):
    model, stores, *tables = inputs
    with new_store(stores["train"], StoreHeader(50, 10, FORWARD, TABLE, {})) as writer:
        writer.append(np.zeros((2, 4, 50), np.uint8), np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="a model for windows of 40 bp"):
        run([model, stores, *tables], tmp_path)


@pytest.mark.parametrize("inputs", [SHARED_NAMES], indirect=True)
@pytest.mark.parametrize("read", [read_meme, tangermeme.io.read_meme])
def test_patterns_of_targets_that_share_a_name_stay_apart(inputs, tmp_path, read):
    made, summary = run(inputs, tmp_path, targets=[0, 1, 2])
    table = pd.read_csv(made.patterns, sep="\t")
    assert table["index"].tolist() == [0, 1, 2]
    learned = read(str(made.motifs))
    assert len(learned) == 3
    words = [name.split() for name in learned]
    assert [len(parts) for parts in words] == [2, 2, 2]
    assert len({identifier for identifier, _ in words}) == 3
    for (identifier, alternate), row in zip(words, table.to_dict("records"), strict=True):
        assert identifier.startswith(f"{row['index']:03d}-")
        assert alternate == "_".join(row["target"].split())
    for frequencies, consensus in zip(learned.values(), table["consensus"], strict=True):
        best = np.asarray(frequencies).argmax(axis=0)
        assert "".join("ACGT"[base] for base in best) == consensus.upper()
    shown = "K562 CTCF | a/b"
    names = [f"{shown} (index 0)", f"{shown} (index 1)", 'an "open" site']
    assert [target["name"] for target in summary["targets"]] == names
    assert len({target["figure"] for target in summary["targets"]}) == 3
    assert len(list(made.figures.iterdir())) == 6
