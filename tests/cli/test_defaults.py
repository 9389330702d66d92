"""The defaults of options are those of the settings, which the pipeline uses."""

import inspect

import pytest

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
