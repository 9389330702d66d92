"""The command ``noncoding`` and its subcommands."""

from typing import Annotated

import typer

from noncoding import __version__
from noncoding.cli.estimate import estimate
from noncoding.cli.init import init
from noncoding.cli.models import models
from noncoding.cli.predict import predict
from noncoding.cli.variants import variants

app = typer.Typer(
    name="noncoding",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"noncoding {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Configure the training of classifiers of non-coding DNA, and apply trained ones."""


for command in (init, predict, variants, models):
    app.command(no_args_is_help=command is not models)(command)
# Other arguments are those of Snakemake.
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(estimate)


def main() -> None:
    """Run the command."""
    app(prog_name="noncoding")
