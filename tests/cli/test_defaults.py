"""Options: their defaults are those of the settings, which the pipeline uses."""

import inspect
from pathlib import Path
from typing import Annotated, get_origin, get_type_hints

import pytest

from noncoding.cli.app import app
from noncoding.cli.predict import predict
from noncoding.cli.variants import variants
from noncoding.settings.apply import RegionOptions, VariantOptions


@pytest.mark.parametrize(
    ("command", "settings"), [(predict, RegionOptions), (variants, VariantOptions)]
)
def test_defaults_are_those_of_the_settings(command, settings):
    options = inspect.signature(command).parameters
    assert options.keys() >= settings.model_fields.keys()
    for name, field in settings.model_fields.items():
        if field.is_required():
            assert options[name].default is inspect.Parameter.empty
            continue
        default = options[name].default
        if name in ("shifts", "offsets"):
            default = [int(number) for number in default.split(",")]
        assert (default or None) == (field.default or None), name


def test_no_option_exits_with_the_usage_where_a_file_cannot_be_read():
    """The message of the stage, which names a remedy, is shown in its place."""
    readable = {
        f"{command.callback.__name__}: {name}": hint.__metadata__[0].readable
        for command in app.registered_commands
        for name, hint in get_type_hints(command.callback, include_extras=True).items()
        if get_origin(hint) is Annotated and hint.__origin__ in (Path, Path | None)
    }
    assert len(readable) > 10
    assert not any(readable.values()), readable
