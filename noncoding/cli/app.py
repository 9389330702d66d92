"""The command ``noncoding`` and its subcommands."""

import typer

from noncoding.cli.models import models
from noncoding.cli.predict import predict
from noncoding.cli.variants import variants

app = typer.Typer(
    name="noncoding",
    help="Apply trained classifiers of non-coding DNA to regions, genomes and variants.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (predict, variants, models):
    app.command(no_args_is_help=command is not models)(command)


def main() -> None:
    """Run the command."""
    app(prog_name="noncoding")
