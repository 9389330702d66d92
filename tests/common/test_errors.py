import pytest

from noncoding.common.errors import InputError, printable, some_of


@pytest.mark.parametrize("part", range(4))
def test_a_long_message_is_truncated(part):
    parts = ["where", "found", "expected", "Remedy."]
    parts[part] += "#" * 48_000
    message = str(InputError(*parts))
    assert len(message) < 1000
    assert f"#… ({48_000 - message.count('#'):,} more characters)" in message
    assert len(str(InputError(*["#" * 48_000] * 4))) < 2100


def test_a_short_message_is_not_truncated():
    assert str(InputError("a", "b", "c", "D.")) == "a: found b; expected c. D."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ünï 中 🧬", "ünï 中 🧬"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\rc\0", r"a\nb\rc\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egnp", r"\u202egnp"),
        ("\udcff", r"\udcff"),
    ],
)
def test_control_characters_are_escaped(text, shown):
    assert printable(text) == shown
    message = str(InputError(text, text, text, text))
    assert message == f"{shown}: found {shown}; expected {shown}. {shown}"
    message.encode("utf-8")


def test_the_most_similar_names_come_first():
    names = [f"scaffold_{number}" for number in range(2000)] + ["chr3"]
    message = some_of(names, like="Chr3")
    assert message.startswith("chr3, scaffold_0, ")
    assert message.endswith(" and 1,993 more")
    assert some_of(["b", "a", "b"]) == "b, a"
    assert some_of([]) == ""


def test_a_name_in_another_case_is_found_among_any_number():
    names = [f"scaffold_{number}" for number in range(300_000)] + ["chrX"]
    assert some_of(names, like="CHRX", shown=2) == "chrX, scaffold_0 and 299,999 more"
    assert some_of(names, like="scafold_7", shown=1) == "scaffold_7 and 300,000 more"
