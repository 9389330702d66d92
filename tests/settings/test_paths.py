"""Paths of the configuration may begin with ``~``."""

import copy

import pytest
from shipped import DEFAULT, YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.config import Settings, check_settings
from noncoding.settings.inheritance import with_inherited

GENOME = YEAST["datasets"]["yeast"] | {"stride": None}
PEAKS = {"pattern": "*.bed", "suffix": ".bed", "group": "TF"}


def own(**keys):
    return {"datasets": {"own": GENOME | keys}}


def applied(kind, key, **others):
    keys = ["apply", kind, "mine", key]
    return {"apply": {kind: {"mine": others | {key: "~/a"}}}}, keys


PATHS = {
    "results": ({"results": "~/a"}, ["results"]),
    "mirror": ({"mirror": "~/a"}, ["mirror"]),
    "start_from": ({"models": {"mine": {"start_from": "~/a"}}}, ["models", "mine", "start_from"]),
    "teacher": (
        {"models": {"mine": {"like": "compact", "teacher": "~/a"}}},
        ["models", "mine", "teacher"],
    ),
    "sequences": ({"explain": {"sequences": "~/a"}}, ["explain", "sequences"]),
    "targets": ({"datasets": {"deepsea": {"targets": "~/a"}}}, ["datasets", "deepsea", "targets"]),
    "exclude": (own(exclude=[{"url": "~/a"}]), ["datasets", "own", "exclude", 0, "url"]),
    "file": (own(bins={"file": {"url": "~/a"}}), ["datasets", "own", "bins", "file", "url"]),
    "folder": (own(peaks=PEAKS | {"folder": "~/a"}), ["datasets", "own", "peaks", "folder"]),
    "table": (own(peaks={"table": "~/a"}), ["datasets", "own", "peaks", "table"]),
    "genome": applied("regions", "genome", whole_genome=True),
    "bed": applied("regions", "bed"),
    "exclude of regions": applied("regions", "exclude", whole_genome=True),
    "vcf": applied("variants", "vcf"),
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
    """Keys of a JSON schema whose values are paths."""
    if isinstance(schema, list):
        for entry in schema:
            yield from paths_of(entry, key)
    elif isinstance(schema, dict):
        if "path" in schema.get("format", ""):
            yield key
        for name, entry in schema.get("properties", {}).items():
            yield from paths_of(entry, name)
        for name in schema.keys() - {"properties"}:
            yield from paths_of(schema[name], key)


def test_each_path_of_the_settings_is_tested_here():
    # A download is a path or URL, or a mapping with one.
    downloads = {"fasta", "archive", "motifs"}
    keys = {key.split(" ")[0] for key in PATHS}
    assert set(paths_of(Settings.model_json_schema())) == keys | downloads


@pytest.mark.parametrize("address", ["~/a.gz", "https://example.org/a.gz"])
@pytest.mark.parametrize("file", ["fasta", "archive", "motifs"])
def test_a_download_may_be_its_address_alone(monkeypatch, file, address):
    monkeypatch.setenv("HOME", "/elsewhere")
    found = []
    for entry in (address, {"url": address}):
        keys = {"archive": {"peaks": PEAKS | {"archive": entry}}}.get(file, {file: entry})
        # Laid over a data set of another name, so that no other keys of a download are there.
        config = copy.deepcopy(YEAST)
        config["datasets"]["own"] = {key: GENOME[key] for key in GENOME if key != file} | keys
        found.append(check_settings(config).dump())
    assert found[0] == found[1]


@pytest.mark.parametrize("key", PATHS)
def test_a_home_folder_is_expanded(monkeypatch, key):
    monkeypatch.setenv("HOME", "/elsewhere")
    config, keys = with_path(key)
    found = check_settings(config).dump()
    assert at(found, keys) == "/elsewhere/a"
    at(found, keys[:-1])[keys[-1]] = "~/a"
    assert found == with_inherited(config)


@pytest.mark.parametrize(
    ("url", "expanded"),
    [
        ("file://~/a.gz", "file:///elsewhere/a.gz"),
        (["https://h/~you/a.gz", "~/b.gz"], ["https://h/~you/a.gz", "/elsewhere/b.gz"]),
        ("./~a.gz", "./~a.gz"),
    ],
)
@pytest.mark.parametrize("file", ["fasta", "archive", "motifs"])
def test_of_urls_only_local_ones_are_expanded(monkeypatch, file, url, expanded):
    monkeypatch.setenv("HOME", "/elsewhere")
    entry = {"url": url}
    keys = {"archive": {"peaks": PEAKS | {"archive": entry}}}.get(file, {file: entry})
    found = check_settings(merged(YEAST, own(**keys))).dump()["datasets"]["own"]
    assert (found["peaks"] if file == "archive" else found)[file]["url"] == expanded


def test_the_home_folder_of_an_unknown_user_is_refused():
    config = merged(DEFAULT, {"results": "~nobody_at_all/x"})
    with pytest.raises(InputError, match=r"key results: found '~nobody_at_all/x'; .* a user of"):
        check_settings(config)
