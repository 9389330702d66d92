"""The JSON schema for editors and the generated references of the documentation."""

import importlib.util
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from shipped import YEAST, merged

SCRIPT = Path(__file__).parents[2] / "docs" / "reference.py"
_SPEC = importlib.util.spec_from_file_location("reference", SCRIPT)
reference = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(reference)


def test_generated_files_are_up_to_date():
    remedy = "run: python docs/reference.py"
    assert reference.SCHEMA.read_text(encoding="utf-8") == reference.schema_text(), remedy
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page_text(), remedy
    assert reference.COMMANDS.read_text(encoding="utf-8") == reference.commands_text(), remedy


@pytest.mark.parametrize(
    ("over", "valid"),
    [
        ({}, True),
        ({"train": {"compile": False, "devices": "auto"}}, True),
        ({"models": {"danq": {"train": {"epochs": 2}}}}, True),
        ({"models": {"wide": {"like": "compact", "resnet": {"kernel": 7}}}}, True),
        ({"datasets": {"bins": {"like": "yeast", "stride": 50}}}, True),
        ({"models": {"wide": {"like": 3}}}, False),
        ({"train": {"epoch": 3}}, False),
        ({"train": {"epochs": 0}}, False),
        ({"models": {"danq": {"train": {"epoch": 2}}}}, False),
        ({"models": {"hybrid": {"sequence": {"kind": "gru"}}}}, False),
        ({"datasets": {"yeast": {"peaks": {"folder": "x"}}}}, False),
        ({"datasets": {"yeast": {"fasta": {"url": []}}}}, False),
        ({"results": "s3://bucket/results"}, False),
    ],
)
def test_the_json_schema_accepts_what_the_pipeline_accepts(over, valid):
    schema = json.loads(reference.SCHEMA.read_text(encoding="utf-8"))
    assert Draft202012Validator(schema).is_valid(merged(YEAST, over)) == valid
