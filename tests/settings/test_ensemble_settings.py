"""Entries of `run.ensembles`."""

import pytest
from shipped import YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.config import check_settings


def settings(**run):
    return check_settings(merged(YEAST, {"run": run}))


def test_without_entries_nothing_is_added():
    found = settings()
    assert found.ensembles() == {}
    assert "ensembles" not in found.dump()["run"]
    assert found.evaluated_models() == {"convnext": "convnext"}


def test_members_are_trained_models():
    found = settings(models=["compact"], ensembles={"both": ["compact", "danq"]})
    assert found.ensembles() == {"both": (("compact", "danq"), "probabilities")}
    # DanQ is trained as a member, but not evaluated.
    assert found.trained_models() == {"compact": ("compact", 1), "danq": ("danq", 1)}
    assert found.evaluated_models() == {"compact": "compact", "both": "both"}


def test_a_model_stands_for_all_seeds():
    found = settings(
        models=["compact"],
        seeds=[3, 5],
        ensembles={
            "seeds": ["compact"],
            "mixed": {"members": ["danq-seed5", "compact-seed3"], "average": "logits"},
        },
    )
    assert found.ensembles() == {
        "seeds": (("compact-seed3", "compact-seed5"), "probabilities"),
        "mixed": (("danq-seed5", "compact-seed3"), "logits"),
    }
    assert found.trained_models() == {
        "compact-seed3": ("compact", 3),
        "compact-seed5": ("compact", 5),
        "danq-seed5": ("danq", 5),
    }
    assert [*found.evaluated_models()] == ["compact-seed3", "compact-seed5", "seeds", "mixed"]


def test_only_ensembles_are_evaluated():
    found = settings(models=[], ensembles={"both": ["compact", "danq"]})
    assert found.evaluated_models() == {"both": "both"}
    assert [*found.trained_models()] == ["compact", "danq"]


def test_ensembles_are_applied_as_models():
    entry = {"fasta": "x.fa", "format": "h5"}
    over = {
        "run": {"models": ["compact"], "ensembles": {"both": ["compact", "danq"]}},
        "apply": {"regions": {"all": entry, "some": entry | {"models": ["both"]}}},
    }
    found = check_settings(merged(YEAST, over)).applications("regions")
    own = [each for each in found if each.name in over["apply"]["regions"]]
    assert [(each.name, each.model) for each in own] == [
        ("all", "compact"),
        ("all", "both"),
        ("some", "both"),
    ]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            {"ensembles": {"both": ["compact", "dang"]}},
            "run.ensembles.both: found 'dang'; expected one of .*Did you mean 'danq'",
        ),
        (
            {"ensembles": {"both": ["compact", "compact-seed2"]}},
            "run.ensembles.both: found 'compact-seed2'; expected one of",
        ),
        (
            {"seeds": [1, 3], "ensembles": {"both": ["compact", "danq-seed2"]}},
            "run.ensembles.both: found 'danq-seed2'; expected one of .*Did you mean 'danq-seed",
        ),
        (
            {"ensembles": {"both": ["compact"]}},
            "run.ensembles.both: found only compact; expected at least two trained models",
        ),
        (
            {"seeds": [1, 2], "ensembles": {"both": ["compact", "compact-seed2"]}},
            "run.ensembles.both: found 'compact-seed2' twice; expected no member twice",
        ),
        (
            {"ensembles": {"danq": ["compact", "hybrid"]}},
            "run.ensembles.danq: found an ensemble with the name of the model 'danq'",
        ),
        (
            {"seeds": [1, 2], "ensembles": {"danq-seed2": ["compact"]}},
            "run.ensembles.danq-seed2: found an ensemble with the name of the model",
        ),
        (
            {"models": ["both"], "ensembles": {"both": ["compact", "danq"]}},
            "run.models: found 'both'; .*Remove it: ensembles are always run",
        ),
        (
            {"ensembles": {"both": {"members": ["compact", "danq"], "average": "ranks"}}},
            "run.ensembles.both.average: found 'ranks'; expected one of probabilities, logits",
        ),
        ({"models": []}, "run.models: found neither a model nor an ensemble; expected a model, or"),
        ({"ensembles": {"both": {"member": []}}}, "unknown key 'member'.*mean 'members'"),
        ({"ensembles": {"both": []}}, "run.ensembles.both: found .*at least 1 entries"),
        ({"ensembles": {"compare": ["compact", "danq"]}}, "another name than those of the files"),
        ({"ensembles": {"a/b": ["compact", "danq"]}}, "a name of at most 100 letters"),
    ],
)
def test_entries_are_checked(run, message):
    with pytest.raises(InputError, match=message):
        settings(**run)


def test_members_that_are_not_evaluated_are_checked():
    over = {
        "run": {"models": ["compact"], "ensembles": {"both": ["compact", "hybrid"]}},
        "models": {"hybrid": {"resnet": {"stem_pool": 3000}}},
    }
    with pytest.raises(InputError, match=r"models\.hybrid\.resnet\.stem_pool: found 3000 bp"):
        check_settings(merged(YEAST, over))
