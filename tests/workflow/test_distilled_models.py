"""Models that learn from one that the same run trains, and teachers that are refused."""

import pytest
from workflows import snakemake, tiny

from noncoding.models.export import load_model


def configuration(genome, teacher):
    """Two trainings of `toy`, their mean, and `student`, which has a teacher."""
    config = tiny(own=genome)
    config["run"] = {
        "models": ["student"],
        "seeds": [1, 2],
        "ensembles": {"both": ["toy-seed1", "toy-seed2"]},
    }
    config["models"]["student"] = {"like": "toy", "teacher": teacher}
    return config


def test_a_model_learns_from_an_ensemble_that_the_same_run_makes(genome, tmp_path):
    config = configuration(genome, "results/own/both/model")
    config["run"]["models"], config["run"]["seeds"] = ["student"], [1, 2]
    target = "results/own/student-seed1/model/config.json"
    status, said = snakemake(tmp_path, target, config=config)
    assert status == 0, said[-3000:]
    teacher = load_model(tmp_path / "results/own/both/model")
    student = load_model(tmp_path / "results/own/student-seed1/model")
    record = student.training["teacher"]
    assert record["weights_sha256"] == teacher.training["weights_sha256"]
    members = [member["weights_sha256"] for member in teacher.training["members"]]
    assert [each["weights_sha256"] for each in record["models"]] == members
    assert record["overlap"][0]["test"] == []
    status, said = snakemake(tmp_path, target, "-n", config=config)
    assert status == 0 and "Nothing to be done" in said
    # Without the teacher, it is another model.
    config["models"]["student"]["teacher"] = None
    status, said = snakemake(tmp_path, target, "-n", config=config)
    assert status == 0 and "results/own/student-seed1" in said


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ("yeast", "windows of 1000 bp"),
        ("no/folder", "no such folder"),
        ("results/own/student-seed2/model", "itself depends on this one"),
        ("results/own/cycle/model", "itself depends on this one"),
        ("hf:lab/yeast@main", "a branch or tag, whose content may change"),
    ],
)
def test_a_dry_run_refuses_a_model_that_cannot_be_the_teacher(genome, tmp_path, teacher, message):
    config = configuration(genome, teacher)
    config["run"]["ensembles"]["cycle"] = ["toy-seed1", "student-seed1"]
    status, said = snakemake(tmp_path, "train", "-n", config=config)
    assert status != 0
    said = " ".join(said.split())
    assert message in said
    if "hf:" not in teacher:
        assert "models.student.teacher" in said or "config.json" in said or "no such" in said
