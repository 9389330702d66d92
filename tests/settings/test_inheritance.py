import pytest
from shipped import YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.config import check_settings
from noncoding.settings.inheritance import with_inherited


def test_entry_has_the_keys_of_another_one_except_its_own():
    over = {"wide": {"like": "compact", "resnet": {"kernel": 7}, "motifs": False}}
    found = with_inherited(merged(YEAST, {"models": over}))["models"]
    compact = merged(YEAST, {})["models"]["compact"]
    expected = compact | {"resnet": compact["resnet"] | {"kernel": 7}, "motifs": False}
    assert found["wide"] == expected
    assert found["compact"] == compact


def test_entries_are_like_each_other_in_a_chain_whatever_their_order():
    models = {"c": {"like": "b", "z": 3}, "b": {"like": "a", "y": 2}, "a": {"x": 1, "y": 1}}
    found = with_inherited({"models": models})["models"]
    assert found == {"c": {"x": 1, "y": 2, "z": 3}, "b": {"x": 1, "y": 2}, "a": {"x": 1, "y": 1}}


def test_section_of_another_kind_and_lists_are_replaced():
    models = {
        "a": {"sequence": {"kind": "lstm", "layers": 1}, "channels": [1, 2]},
        "b": {"like": "a", "sequence": {"kind": "none"}, "channels": [3]},
    }
    found = with_inherited({"models": models})["models"]["b"]
    assert found == {"sequence": {"kind": "none"}, "channels": [3]}


def test_configuration_is_not_changed():
    config = merged(YEAST, {"datasets": {"bins": {"like": "yeast", "stride": None}}})
    before = merged(config, {})
    settings = check_settings(config)
    assert config == before
    yeast, bins = settings.datasets["yeast"], settings.datasets["bins"]
    assert bins.dump() == yeast.dump() | {"stride": None}


@pytest.mark.parametrize(
    ("models", "fragment"),
    [
        ({"wide": {"like": "compct"}}, "models.wide.like: found 'compct'.*mean 'compact'"),
        ({"wide": {"like": 3}}, "models.wide.like: found 3; expected one of"),
        ({"wide": {"like": "wide"}}, "like: found 'wide', which is like 'wide' itself"),
        (
            {"one": {"like": "two"}, "two": {"like": "one"}},
            "models.two.like: found 'one', which is like 'two' itself",
        ),
        ({"wide": {"like": "compact", "resnet": {"kernal": 7}}}, "wide.resnet.*mean 'kernel'"),
        ({"wide": {"like": "hybrid", "motifs": True}}, "wide"),
    ],
)
def test_unclear_inheritance_is_refused(models, fragment):
    with pytest.raises(InputError, match=fragment):
        check_settings(merged(YEAST, {"models": models}))
