"""The commands in the documentation have the options that they name."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from noncoding.cli.app import app

ROOT = Path(__file__).parents[2]
GROUP = typer.main.get_command(app)
_COMMAND = re.compile(r"^ *(?:\.venv/bin/)?noncoding ", re.MULTILINE)
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"),
        *(ROOT / "config/README.md", ROOT / "resources/yeast_card.md"),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
}
SOURCES = {
    **{name: text for name, text in PAGES.items() if _COMMAND.search(text)},
    **{f"noncoding {name} --help": command.help for name, command in GROUP.commands.items()},
}


def commands(text):
    """Arguments of each command ``noncoding`` that has a line of its own."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|>")
        lexer.whitespace_split = True
        if _COMMAND.match(line):
            words = list(lexer)
            ends = [place for place, word in enumerate(words) if word in ("|", ">")]
            yield words[1 : min(ends, default=len(words))]


@pytest.mark.parametrize("source", SOURCES)
def test_commands_of_the_documentation_are_accepted(source):
    found = list(commands(SOURCES[source]))
    assert found
    for name, *arguments in found:
        GROUP.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("page", PAGES)
def test_modules_of_the_documentation_can_be_run(page):
    for name in re.findall(r"python -m (noncoding[\w.]*)", PAGES[page]):
        path = ROOT / name.replace(".", "/")
        path = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert '__name__ == "__main__"' in path.read_text(encoding="utf-8"), name


def test_a_command_with_an_unknown_option_is_found():
    [[name, *arguments]] = commands("noncoding models yeast --target > t.tsv  # comment")
    with pytest.raises(Exception, match="No such option"):
        GROUP.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("name", GROUP.commands)
def test_examples_of_the_help_fit_into_80_columns(name):
    lines = GROUP.commands[name].help.splitlines()
    examples = [line.strip() for line in lines if line.startswith("    ")]
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "80"}).output.splitlines()
    assert examples
    assert [line for line in examples if line not in map(str.strip, shown)] == []
