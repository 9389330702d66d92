import pytest

from noncoding.common.errors import InputError
from noncoding.settings.yaml_types import check_files, retype


@pytest.mark.parametrize(
    ("text", "line", "fragment"),
    [
        ("train: {epochs: 1}\nseed: 1\ntrain: {patience: 2}\n", 3, "key 'train' .* in line 1"),
        ("train:\n  epochs: 1\n  epochs: 2\n", 3, "key 'epochs' .* in line 2"),
        ("a: [{b: 1,\n b: 2}]\n", 2, "key 'b' .* in line 1"),
        ("a: 1\n'a': 2\n", 2, "key 'a' .* in line 1"),
        ('{"seed": 1,\n\t"seed": 2}\n', 2, "key 'seed' .* in line 1"),
    ],
)
def test_duplicate_keys_are_refused_with_both_lines(tmp_path, text, line, fragment):
    path = tmp_path / "over.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"over.yaml, line {line}: found the {fragment}"):
        check_files([path])


@pytest.mark.parametrize(
    "text",
    [
        *("a: {b: 1}\nc: {b: 1}\n", "", "a: &x {b: *x}\n", "a: [\n", "- 1\n"),
        *("a: '{b: 1, b: 2}'\n", "1: a\n'1': b\n", "null: a\n'null': b\n"),
    ],
)
def test_other_files_are_left_to_snakemake(tmp_path, text):
    path = tmp_path / "over.yaml"
    path.write_text(text, encoding="utf-8")
    check_files([path, tmp_path / "none.yaml"])


@pytest.mark.parametrize(
    ("argument", "given", "meant"),
    [
        ("train={epochs: 3}", {"train": {"epochs": "3"}}, {"train": {"epochs": 3}}),
        ("train={a: null, b: [1, x]}", {"train": {"a": "null", "b": ["1", "x"]}}, None),
        ("mirror=null", {"mirror": "null"}, {"mirror": None}),
        ("mirror=", {"mirror": None}, {"mirror": None}),
        ("results=a: b: c", {"results": "a: b: c"}, {"results": "a: b: c"}),
        ("seed=3", {"seed": 3}, {"seed": 3}),
        ("other={seed: 3}", {"seed": "3"}, {"seed": "3"}),  # of the workflow that imports this
        ("a={b: {c: 1.5, d: yes}}", {"a": {"b": {"c": "1.5", "d": "yes", "e": "2"}}}, None),
    ],
)
def test_command_line_values_have_the_types_of_yaml(argument, given, meant):
    meant = meant or {
        "train": {"a": None, "b": [1, "x"]},
        "a": {"b": {"c": 1.5, "d": True, "e": "2"}},
    }
    retype(given, [argument])
    assert given == {key: meant[key] for key in given}


def test_duplicate_keys_on_the_command_line_are_refused():
    with pytest.raises(InputError, match="--config train: found the key 'epochs' twice"):
        retype({"train": {"epochs": "2"}}, ["train={epochs: 1, epochs: 2}"])
