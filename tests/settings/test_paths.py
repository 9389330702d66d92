"""Paths of the configuration may begin with ``~``."""

import copy

import pytest
import yaml
from shipped import DEFAULT, SCHEMA, YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.check import check_configuration
from noncoding.settings.schema import expand_home

GENOME = YEAST["datasets"]["yeast"]
PEAKS = {"pattern": "*.bed", "suffix": ".bed", "group": "TF"}


def own(**keys):
    return {"datasets": {"own": GENOME | keys}}


PATHS = {
    "results": ({"results": "~/a"}, ["results"]),
    "mirror": ({"mirror": "~/a"}, ["mirror"]),
    "sequences": ({"explain": {"sequences": "~/a"}}, ["explain", "sequences"]),
    "targets": ({"datasets": {"deepsea": {"targets": "~/a"}}}, ["datasets", "deepsea", "targets"]),
    "exclude": (own(exclude="~/a"), ["datasets", "own", "exclude"]),
    "folder": (own(peaks=PEAKS | {"folder": "~/a"}), ["datasets", "own", "peaks", "folder"]),
    "table": (own(peaks={"table": "~/a"}), ["datasets", "own", "peaks", "table"]),
    "url": (own(fasta={"url": "~/a"}), ["datasets", "own", "fasta", "url"]),
}


def with_path(key):
    over, keys = PATHS[key]
    return merged(YEAST, over), keys


def at(config, keys):
    for key in keys:
        config = config[key]
    return config


def paths_of(schema, key=""):
    """Keys of the schema whose values are paths."""
    if isinstance(schema, dict):
        if schema.get("format") == "path" or schema.get("$ref") == "#/$defs/path":
            yield key
        for name, entry in schema.items():
            yield from paths_of(entry, key if name in ("items", "properties", "$defs") else name)


def test_each_path_of_the_schema_is_tried_here():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    assert set(paths_of(schema)) - {"path"} == set(PATHS)


@pytest.mark.parametrize("key", PATHS)
def test_a_home_folder_is_written_out(monkeypatch, key):
    monkeypatch.setenv("HOME", "/elsewhere")
    config, keys = with_path(key)
    check_configuration(config, SCHEMA)
    rest = copy.deepcopy(config)
    expand_home(config, SCHEMA)
    assert at(config, keys) == "/elsewhere/a"
    at(config, keys[:-1])[keys[-1]] = "~/a"
    assert config == rest


@pytest.mark.parametrize(
    ("url", "expanded"),
    [
        ("file://~/a.gz", "file:///elsewhere/a.gz"),
        (["https://h/~you/a.gz", "~/a.gz"], ["https://h/~you/a.gz", "/elsewhere/a.gz"]),
        ("./~a.gz", "./~a.gz"),
    ],
)
@pytest.mark.parametrize("file", ["fasta", "archive", "motifs"])
def test_of_urls_only_local_ones(monkeypatch, file, url, expanded):
    monkeypatch.setenv("HOME", "/elsewhere")
    entry = {"url": url}
    keys = {"archive": {"peaks": PEAKS | {"archive": entry}}}.get(file, {file: entry})
    config = merged(YEAST, own(**keys))
    expand_home(config, SCHEMA)
    found = config["datasets"]["own"]
    assert (found["peaks"] if file == "archive" else found)[file]["url"] == expanded


def test_a_user_that_is_not_there_is_told():
    config = merged(DEFAULT, {"results": "~nobody_at_all/x"})
    with pytest.raises(InputError, match=r"key results: found ~nobody_at_all/x; .* a user of"):
        expand_home(config, SCHEMA)
