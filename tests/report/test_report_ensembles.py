"""The page of a data set with an ensemble."""

import json
import shutil

import pytest
from report_page import made

MEMBERS = [{"name": "small", "sizes": {"motifs": True}}, {"name": "other", "sizes": {}}]


@pytest.fixture
def both(tree):
    """A tree in which the ensemble is the best model."""
    tree.add_model("both", mean_auprc=0.4)
    tree.rank("both", "small")
    folder = tree.root / "both"
    shutil.rmtree(folder / "training")
    path = folder / "model" / "training.json"
    record = json.loads(path.read_text())
    for key in ("sizes", "training", "seed", "motif_start"):
        del record[key]
    del record["validation"]["best epoch"]
    record |= {"average": "probabilities", "members": MEMBERS}
    path.write_text(json.dumps(record))
    return tree


def test_the_page_names_the_members(both):
    page = made(both, "both", "small")
    assert (
        "both is an ensemble: its prediction is the mean probability of small and other."
        in page.text
    )
    rows = {row[0]: row[1:] for row in page.table("both", "small")}
    assert rows["Architecture"][0] == "mean probability of small and other"
    assert rows["Epochs"] == ["—", "3 of at most 7"]
    assert rows["Seed"] == ["—", "1"]
    assert rows["Batch size per device"][0] == rows["Maximum learning rate"][0] == "—"
    assert "and those of an ensemble over its members" in page.text


def change_origin(both, key, **settings):
    """Let the member `other` of the ensemble, and the model `small`, have an origin."""
    origin = {
        "models": [{"model": "m", "dataset": "d"}, {"model": "n", "dataset": "e"}],
        "overlap": [{"message": "rows of m"}, {"message": "rows of n"}],
    }
    members = [MEMBERS[0] | {key: None}, MEMBERS[1] | {key: origin | settings}]
    changes = {"both": {"members": members}}
    changes["small"] = {key: origin | dict.fromkeys(settings, "none")}
    for name, change in changes.items():
        path = both.root / name / "model" / "training.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    return {row[0]: row[1:] for row in made(both, "both", "small").table("both", "small")}


def test_the_page_shows_from_what_members_were_fine_tuned(both):
    rows = change_origin(both, "start_from", freeze="all_but_head")
    assert rows["Fine-tuned from"] == [
        "other: m on d, from n on e; frozen: all but head",
        "m on d, from n on e",
    ]
    assert rows["Earlier training rows in the splits"] == [
        "other: rows of m; rows of n",
        "rows of m; rows of n",
    ]
    assert "Distilled from" not in rows


def test_the_page_shows_the_teachers_of_members(both):
    rows = change_origin(both, "teacher")
    assert rows["Distilled from"] == ["other: m on d, n on e", "m on d, n on e"]
    assert rows["The teacher’s training rows in the splits"] == [
        "other: rows of m; rows of n",
        "rows of m; rows of n",
    ]
    assert "Fine-tuned from" not in rows


def test_figures_and_files_of_a_training_are_those_of_trained_models(both):
    page = made(both, "both", "small")
    links = {link["href"] for link in page.all("a")}
    assert "small/training/figures/learning_curve.png" in links
    assert {"small/training/metrics.csv", "both/model", "small/model"} <= links
    assert not [link for link in links if link.startswith("both/training")]


def test_a_page_without_ensembles_does_not_mention_them(tree):
    assert "ensemble" not in made(tree).text
