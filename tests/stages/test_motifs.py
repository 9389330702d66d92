"""The stage on a small model."""

import json

import numpy as np
import pandas as pd
import pytest
import tangermeme.io
from memelite.io import read_meme, write_meme
from planted import matrix
from toy_store import PREDICTION, SHARED_NAMES, TABLE, TOLD_APART, export_toy_model, write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.store import FORWARD, StoreHeader, new_store
from noncoding.layout import files
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings
from noncoding.stages.motifs import discover_motifs
from noncoding.stages.predict import predict


@pytest.fixture
def inputs(tmp_path, request):
    """Model, stores, predictions and metrics; parametrised by the target table."""
    table = getattr(request, "param", TABLE)
    export_toy_model(tmp_path / "model", table=table)
    stores = {
        name: write_toy_store(tmp_path / f"{name}.h5", rows=60, seed=seed, table=table)
        for seed, name in enumerate(("test", "train"))
    }
    predict(tmp_path / "model", stores["test"], tmp_path, PREDICTION)
    metrics = table.assign(auroc=[0.9, 0.8, np.nan], auprc=[0.7, 0.6, np.nan])
    metrics.to_csv(tmp_path / "targets.tsv", sep="\t", index=False)
    return [tmp_path / "model", stores, tmp_path / "predictions.h5", tmp_path / "targets.tsv"]


def run(inputs, *targets, sequences=60, known=True):
    """Summary, table, MEME file and figures of the stage."""
    folder = inputs[0].parent
    database = folder / "known.meme"
    write_meme(str(database), {"M1 A": matrix("CCGTA"), "M2 B": matrix("TTTTTT")})
    discover_motifs(
        *inputs,
        folder / "motifs",
        TargetSelection(targets=list(targets or ["a"]), best=0, best_per_group=0),
        MotifsSettings(sequences=sequences, method="gradient", patterns=3),
        motifs=database if known else None,
    )
    table, motifs, summary, figures = files("motifs", folder / "motifs")
    return json.loads(summary.read_text()), pd.read_csv(table, sep="\t"), motifs, figures


def test_table_motifs_and_figures(inputs):
    summary, table, motifs, figures = run(inputs, "a", 1)
    # Windows of 40 bp are too short for seqlets, so only the first layer has patterns.
    assert table["view"].tolist() == ["first layer"] * 2
    assert table["own_motif"].tolist() == ["M1 A", "M2 B"]
    assert set(table["best_match"]) <= {"M1 A", "M2 B"}
    learned = read_meme(str(motifs))
    assert len(learned) == 2
    assert all(one.shape == (4, 7) for one in learned.values())
    names = {path.name for path in figures.iterdir()}
    assert names == {"000-a.png", "000-a.svg", "001-b.png", "001-b.svg"}
    assert summary["targets"][0]["sequences"] == {"test": 30, "train": 30}
    assert (summary["with_motif"], summary["recovered"]) == (2, 0)


def test_an_unknown_target_is_reported(inputs):
    summary, *_ = run(inputs, "zzz", "a")
    assert [target["name"] for target in summary["targets"]] == ["a"]
    assert "'zzz'" in summary["problems"][0]


def test_a_target_with_few_positives_is_omitted(inputs):
    summary, table, *_ = run(inputs, "b", sequences=5)
    [problem] = summary["problems"]
    assert problem.startswith("b: found 5 positive loci in all splits; expected at least 20")
    assert table.empty


def test_there_are_no_matches_without_a_database(inputs):
    _, table, *_ = run(inputs, known=False)
    assert table["best_match"].isna().all()


def test_a_failed_run_keeps_earlier_motifs(inputs):
    _, _, motifs, _ = run(inputs)
    before = motifs.read_bytes()
    with pytest.raises(InputError, match="zzz"):
        run(inputs, "zzz")
    assert motifs.read_bytes() == before
    assert not [path for path in motifs.parent.iterdir() if path.name.startswith(".")]


def test_a_store_of_another_window_is_refused(inputs):
    with new_store(inputs[1]["train"], StoreHeader(50, 10, FORWARD, TABLE, {})) as writer:
        writer.append(np.zeros((2, 4, 50), np.uint8), np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="a model for windows of 40 bp"):
        run(inputs)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (
            SHARED_NAMES,
            ["K562 CTCF | a/b (index 0)", "K562 CTCF | a/b (index 1)", 'an "open" site'],
        ),
        (TOLD_APART, ["CTCF (GM12878)", "CTCF (K562)", "REST"]),
    ],
    indirect=["inputs"],
    ids=["index", "cell type"],
)
def test_patterns_of_targets_with_the_same_name_are_distinguished(inputs, names):
    summary, table, motifs, figures = run(inputs, 0, 1, 2)
    assert table["index"].tolist() == [0, 1, 2]
    for read in (read_meme, tangermeme.io.read_meme):
        learned = read(str(motifs))
        identifiers = [name.split() for name in learned]
        assert [len(parts) for parts in identifiers] == [2, 2, 2]
        assert len({identifier for identifier, _ in identifiers}) == 3
        for (identifier, alternate), row in zip(identifiers, table.to_dict("records"), strict=True):
            assert identifier.startswith(f"{row['index']:03d}-")
            assert alternate == "_".join(row["target"].split())
        for frequencies, consensus in zip(learned.values(), table["consensus"], strict=True):
            best = np.asarray(frequencies).argmax(axis=0)
            assert "".join("ACGT"[base] for base in best) == consensus.upper()
    assert table["target"].tolist() == names
    assert [target["name"] for target in summary["targets"]] == names
    assert len({target["figure"] for target in summary["targets"]}) == 3
    assert len(list(figures.iterdir())) == 6
