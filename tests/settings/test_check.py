import math
from datetime import date

import pytest
import yaml
from shipped import DEFAULT, ROOT, SCHEMA, YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.check import check_configuration
from noncoding.settings.training import training_of


@pytest.mark.parametrize("overlay", [None, *sorted((ROOT / "configs").glob("*.yaml"))])
def test_every_shipped_configuration_is_good(overlay):
    over = yaml.safe_load(overlay.read_text()) if overlay else {}
    # `yeast_models.yaml` and its like are laid over `yeast.yaml`.
    under = YEAST if overlay and overlay.name.startswith("yeast_") else DEFAULT
    check_configuration(merged(under, over), SCHEMA)


@pytest.mark.parametrize(
    ("over", "fragment"),
    [
        ({"trian": {}}, "unknown key 'trian'.*Did you mean 'train'"),
        ({"train": {"epoch": 3}}, "train: found the unknown key 'epoch'.*mean 'epochs'"),
        ({"models": {"compact": {"resnet": {"kernal": 3}}}}, "compact.resnet.*mean 'kernel'"),
        ({"train": {"epochs": "3"}}, "train.epochs: found '3'; expected the type integer"),
        ({"train": {"epochs": 0}}, "train.epochs: found 0; expected at least 1"),
        ({"train": {"precision": "half"}}, "train.precision: found 'half'; expected one of auto"),
        ({"datasets": {"yeast": {"chromosome_map": {1: "I"}}}}, "chromosome_map"),
        (
            {
                "datasets": {
                    "yeast": {"fasta": {"url": "a/650fd9e7fa4142580b31440323de5d3748c9e71b.tar.gz"}}
                }
            },
            "yeast.peaks.archive.url: found .*which datasets.yeast.fasta has",
        ),
        ({"models": {"compact": {"resnet": {"stem_pool": 3000}}}}, "stem_pool: found 3000 bp"),
        ({"train": {"reverse_complement": 1}}, "expected the type boolean"),
        ({"run": {"datasets": ["yest"]}}, "run.datasets: found 'yest'.*mean 'yeast'"),
        ({"run": {"models": ["none"]}}, "run.models: found 'none'; expected one of"),
        ({"run": {"models": []}}, "run.models"),
        ({"datasets": {"yeast": {"source": "genom"}}}, "source: found 'genom'.*bundle, genome"),
        ({"datasets": {"yeast": {"bin": 2000}}}, "bin: found 2000 bp; expected at most"),
        ({"datasets": {"yeast": {"window": 1001}}}, "even number of flanking bp"),
        ({"datasets": {"yeast": {"peaks": {"folder": "x"}}}}, "yeast.peaks"),
        ({"datasets": {"yeast": {"fasta": {"sha256": "abc"}}}}, "fasta.sha256: found 'abc'"),
        ({"datasets": {"yeast": {"fasta": {"url": []}}}}, r"fasta.url: found \[\]; expected at l"),
        ({"datasets": {"yeast": {"fasta": {"url": ["a", "a"]}}}}, "fasta.url.*no entry twice"),
        ({"datasets": {"yeast": {"fasta": {"url": 3}}}}, "fasta.url: found 3; expected the type s"),
        (
            {
                "datasets": {
                    "yeast": {
                        "fasta": {
                            "url": [
                                "https://a.org/650fd9e7fa4142580b31440323de5d3748c9e71b.tar.gz?x",
                                "b",
                            ]
                        }
                    }
                }
            },
            "yeast.peaks.archive.url: found .*which datasets.yeast.fasta has",
        ),
        ({"datasets": {"yeast": {"disk_gib": 0}}}, "yeast.disk_gib: found 0; expected more than 0"),
        ({"datasets": {"yeast": {"splits": {"valid": ["VIII"]}}}}, "VIII in both 'valid' and 'te"),
        ({"datasets": {"yeast": {"splits": {"train": ["Mito"]}}}}, "Mito in both 'train' and 'ig"),
        ({"datasets": {"new": {"source": "genome"}}}, "datasets.new: found no key 'fasta'"),
        ({"datasets": {"../up": {"source": "genome"}}}, "up"),
        ({"models": {"compact": {"resnet": {"strides": [1]}}}}, "strides: found 1 entries; exp"),
        ({"models": {"compact": {"resnet": {"stem_kernel": 18}}}}, "found 18; expected an odd"),
        ({"models": {"hybrid": {"sequence": {"heads": 3}}}}, "heads that divides the channels"),
        ({"models": {"hybrid": {"head": {"hidden": 0}}}}, "at least 1 unit"),
        ({"models": {"hybrid": {"resnet": {"groups": 3}}}}, "3 groups for 512 channels"),
        ({"models": {"hybrid": {"resnet": {"stem_both_strands": True}}}}, "has no complement"),
        ({"models": {"hybrid": {"motifs": True}}}, "kernels that see bases"),
        ({"models": {"hybrid": {"sequence": {"kind": "none"}}}}, "unknown key 'skip'"),
        ({"models": {"hybrid": {"sequence": {"kind": "gru"}}}}, "found 'gru'; expected one of tra"),
        ({"models": {"deepsea": {"dropout": [0.2]}}}, "dropout: found 1 entries; expected 3"),
        ({"models": {"deepsea": {"resnet": {}}}}, "deepsea: found the unknown key 'resnet'"),
        ({"models": {"danq": {"lstm": 0}}}, "danq.lstm: found 0; expected at least 1"),
        ({"train": {"epochs": 2.0}}, "epochs: found 2.0; expected the type integer. Write 2"),
        ({"train": {"epochs": 10**20}}, "epochs: found 1[0]*; expected at most 2147483647"),
        ({"train": {"learning_rate": "1e-3"}}, "found '1e-3'; .*Write 0.001"),
        ({"train": {"learning_rate": math.nan}}, "found nan; expected the type number.*finite"),
        ({"train": {"weight_decay": math.inf}}, "found inf; expected the type number.*finite"),
        ({"train": {"gradient_clip": 10**400}}, "gradient_clip: found 1[0]*.*the type number"),
        ({"models": {"hybrid": {"resnet": {"widening": math.nan}}}}, "widening: found nan"),
        ({"seed": True}, "seed: found true; expected the type integer"),
        ({"run": {"datasets": [date(2024, 1, 2)]}}, "found 2024-01-02; .*Put it in quotes"),
        ({"datasets": {None: {}}}, "datasets: found null; .*Put it in quotes"),
        ({"results": 5}, "results: found 5; .*Put it in quotes"),
        (
            {"datasets": {"yeast": {"fasta": {"url": "http://me:S3CRET@h/\n"}}}},
            r"url: found '.*\*@h",
        ),
        (
            {"run": {"models": ["danq"]}, "models": {"danq": {"motifs": True}}}
            | {"datasets": {"yeast": {"motifs": None}}},
            "models.danq.motifs: found true, but no motifs of the data set 'yeast'",
        ),
    ],
)
def test_what_is_wrong_is_named(over, fragment):
    with pytest.raises(InputError, match=fragment):
        check_configuration(merged(YEAST, over), SCHEMA)


@pytest.mark.parametrize("kind", ["datasets", "models"])
@pytest.mark.parametrize(
    "name",
    ["{x}", "a/b", "..", "-x", "", "x" * 101, "a\n", "a\x1b[31m", "a$b", " a", "é", ".a", "a\\b"],
)
def test_names_that_cannot_stand_in_a_path_are_refused(kind, name):
    with pytest.raises(InputError, match=f"key {kind}: found .*letters, digits"):
        check_configuration(merged(YEAST, {kind: {name: {}}}), SCHEMA)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("datasets", "sweep"), ("models", "data"), ("models", "Data"), ("models", "report.html")],
)
def test_names_of_folders_of_results_are_refused(kind, name):
    with pytest.raises(InputError, match=f"key {kind}: found '{name}'; expected another name"):
        check_configuration(merged(YEAST, {kind: {name: {}}}), SCHEMA)


@pytest.mark.parametrize(
    "results", ["", "{dataset}", "r\0", "r\n", "s3://bucket/results", "a\x1b[31m"]
)
def test_results_are_a_folder(results):
    with pytest.raises(InputError, match=r"key results: found .*; expected a folder"):
        check_configuration(merged(YEAST, {"results": results}), SCHEMA)


@pytest.mark.parametrize(
    "url",
    [
        *("http://h/..", ".a.tgz", "a.lock.json", "http://h/train.mat"),
        *("http://h/{x}.tgz", f"http://h/{'x' * 201}"),
    ],
)
def test_a_file_gets_a_name_of_its_own(url):
    config = merged(DEFAULT, {"datasets": {"deepsea": {"archive": {"url": url}}}})
    with pytest.raises(InputError, match=r"deepsea.archive.url: found the file name '.*'"):
        check_configuration(config, SCHEMA)


@pytest.mark.parametrize("pattern", ["", "/*", "/etc/*.bed"])
def test_a_pattern_of_peak_files_lies_below_their_folder(pattern):
    over = {"datasets": {"yeast": {"peaks": {"pattern": pattern}}}}
    with pytest.raises(InputError, match=r"peaks.pattern: found .* below the archive or folder"):
        check_configuration(merged(YEAST, over), SCHEMA)


def test_circular_references_are_refused():
    run = dict(YEAST["run"])
    run["datasets"] = [run]
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for wrong in ({"run": run}, {"run": YEAST["run"] | {"seeds": deep}}):
        with pytest.raises(InputError):
            check_configuration(YEAST | wrong, SCHEMA)


def keys(schema, path=""):
    """Every key that the schema knows, with what it says of it."""
    for name, entry in schema.get("properties", {}).items():
        if isinstance(entry, dict):
            yield f"{path}.{name}", entry
            yield from keys(entry, f"{path}.{name}")
    for name, definition in schema.get("$defs", {}).items():
        yield from keys(definition, f"{path}.{name}")


def test_every_key_is_described():
    schema = yaml.safe_load(SCHEMA.read_text())
    described = {name for name, entry in schema["$defs"].items() if "description" in entry}
    for path, entry in keys(schema):
        reference = str(entry.get("$ref", "")).rpartition("/")[2]
        assert "description" in entry or reference in described, path


def test_objects_are_closed():
    """At every level a key that is not known is an error."""
    # What kind it is decides which keys are known; each kind is closed.
    by_kind = {"/dataset", "/model", "/hybrid/properties/sequence"}

    def walk(schema, path):
        if isinstance(schema, dict):
            if schema.get("type") == "object" and "properties" in schema and path not in by_kind:
                assert schema.get("additionalProperties") is False, path
            for name, entry in schema.items():
                walk(entry, f"{path.removeprefix('/$defs')}/{name}")

    walk(yaml.safe_load(SCHEMA.read_text()), "")


def test_a_model_lays_its_own_training_over_that_of_all():
    own = merged(YEAST, {"models": {"danq": {"train": {"epochs": 3, "wandb": "project"}}}})
    check_configuration(own, SCHEMA)
    expected = {**YEAST["train"], "epochs": 3}
    for key in ("checkpoint_minutes", "on_out_of_memory", "wandb"):  # decide no weights
        del expected[key]
    assert training_of(own, "danq") == expected
    assert training_of(own, "hybrid") == {**expected, "epochs": YEAST["train"]["epochs"]}
    with pytest.raises(InputError, match=r"danq.train: found the unknown key 'epoch'"):
        check_configuration(merged(own, {"models": {"danq": {"train": {"epoch": 3}}}}), SCHEMA)
