import json
import math
import re
from datetime import date
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel
from shipped import DEFAULT, ROOT, YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.config import DEFAULT_DATASET, Settings, check_settings
from noncoding.settings.evaluate import EvaluateSettings
from noncoding.settings.inheritance import with_inherited
from noncoding.settings.train import TrainSettings


@pytest.mark.parametrize("overlay", [None, *sorted((ROOT / "configs").glob("*.yaml"))])
def test_every_shipped_configuration_is_valid(overlay):
    over = yaml.safe_load(overlay.read_text()) if overlay else {}
    # `yeast_networks.yaml` and its like are laid over `yeast.yaml`.
    under = YEAST if overlay and overlay.name.startswith("yeast_") else DEFAULT
    check_settings(merged(under, over))


@pytest.mark.parametrize(
    ("over", "fragment"),
    [
        ({"trian": {}}, "unknown key 'trian'.*Did you mean 'train'"),
        ({"train": {"epoch": 3}}, "train: found the unknown key 'epoch'.*mean 'epochs'"),
        ({"models": {"compact": {"resnet": {"kernal": 3}}}}, "compact.resnet.*mean 'kernel'"),
        ({"train": {"epochs": "3"}}, "train.epochs: found '3'; expected an integer"),
        ({"train": {"epochs": 0}}, "train.epochs: found 0; expected at least 1"),
        ({"train": {"precision": "half"}}, "train.precision: found 'half'; expected one of auto"),
        ({"datasets": {"yeast": {"chromosome_map": {1: "I"}}}}, "chromosome_map"),
        (
            {
                "datasets": {
                    "yeast": {"fasta": {"url": "a/650fd9e7fa4142580b31440323de5d3748c9e71b.tar.gz"}}
                }
            },
            "yeast.peaks.archive.url: found .*also that of the key 'fasta'",
        ),
        ({"models": {"compact": {"resnet": {"stem_pool": 3000}}}}, "stem_pool: found 3000 bp"),
        (
            {"models": {"best": {"resnet": {"groups": 2}}}},
            "best.resnet.groups: found 2; .*convnext",
        ),
        ({"models": {"best": {"sequence": {"heads": 512}}}}, "heads: found 512 heads .*even"),
        (
            {"models": {"compact": {"sequence": {"stochastic_depth": 0.1}}}},
            "sequence.stochastic_depth: found 0.1 with transformer_xl; expected 0 unless",
        ),
        (
            {"models": {"compact": {"motifs": {"names": ["MA03*"]}}}},
            r"motifs.names: found \['MA03\*'\]; expected no key 'names' where 'source'",
        ),
        (
            {"models": {"compact": {"motifs": {"source": "jaspar"}}}},
            "motifs.source: found 'jaspar'",
        ),
        ({"models": {"compact": {"motifs": {"share": 0.0}}}}, "motifs.share: found 0.0; expected"),
        ({"models": {"compact": {"motifs": {"from": "all"}}}}, "unknown key 'from'"),
        ({"models": {"danq": {"motifs": "all"}}}, "danq.motifs: found 'all'; expected true or"),
        ({"train": {"reverse_complement": 1}}, "expected true or false"),
        ({"datasets": {"yeast": {"stride": 30}}}, "stride: found 30 bp; expected a divisor of"),
        (
            {"datasets": {"yeast": {"stride": 50, "negatives": {"train": 1}}}},
            "stride: found a stride with negatives",
        ),
        (
            {"datasets": {"yeast": {"stride": 50, "bins": {"file": {"url": "bins.bed"}}}}},
            "stride: found a stride with bins of a file",
        ),
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
        ({"datasets": {"yeast": {"fasta": {"url": 3}}}}, "fasta.url: found 3; expected a string"),
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
            "yeast.peaks.archive.url: found .*also that of the key 'fasta'",
        ),
        ({"datasets": {"yeast": {"disk_gib": 0}}}, "yeast.disk_gib: found 0; expected more than 0"),
        ({"datasets": {"yeast": {"splits": {"valid": ["VIII"]}}}}, "VIII in both 'valid' and 'te"),
        ({"datasets": {"yeast": {"splits": {"train": ["Mito"]}}}}, "Mito in both 'train' and 'ig"),
        (
            {"datasets": {"new": {"source": "genome"}}},
            "datasets.new: found no key .*'fasta'",
        ),
        (
            {"datasets": {"new": {"fasta": "a.fa"}}},
            "new: found no key 'source'.*Set 'source' to one of bundle, genome, simulated",
        ),
        (
            {"datasets": {"new": {"source": "genome", "fasta": "a.fa", "peaks": "peaks"}}},
            "new.peaks: found 'peaks'; .*{folder: PATH}",
        ),
        ({"models": {"new": {}}}, "exactly one of the keys architecture and start_from"),
        ({"datasets": {"../up": {"source": "genome"}}}, "up"),
        ({"models": {"compact": {"resnet": {"strides": [1]}}}}, "strides: found 1 entries; exp"),
        ({"models": {"compact": {"resnet": {"stem_kernel": 18}}}}, "found 18; expected an odd"),
        ({"models": {"hybrid": {"sequence": {"heads": 3}}}}, "heads that divides the channels"),
        (
            {"models": {"hybrid": {"sequence": {"heads": 3, "channels": 9}}}},
            "channels: found 9; expected an even width",
        ),
        ({"models": {"hybrid": {"head": {"hidden": 0}}}}, "at least 1 unit"),
        ({"models": {"hybrid": {"resnet": {"groups": 3}}}}, "3 groups for 512 channels"),
        ({"models": {"hybrid": {"resnet": {"stem_both_strands": True}}}}, "has no complement"),
        ({"models": {"hybrid": {"motifs": True}}}, "kernels that see bases"),
        ({"models": {"hybrid": {"sequence": {"kind": "none"}}}}, "unknown key 'skip'"),
        ({"models": {"hybrid": {"sequence": {"kind": "gru"}}}}, "found 'gru'; expected one of tra"),
        ({"models": {"deepsea": {"dropout": [0.2]}}}, "dropout: found 1 entries; expected 3"),
        ({"models": {"deepsea": {"resnet": {}}}}, "deepsea: found the unknown key 'resnet'"),
        ({"models": {"danq": {"lstm": 0}}}, "danq.lstm: found 0; expected at least 1"),
        ({"train": {"epochs": 2.0}}, "epochs: found 2.0; expected an integer. Write 2"),
        ({"train": {"epochs": 10**20}}, "epochs: found 1[0]*; expected at most 2147483647"),
        ({"train": {"learning_rate": "1e-3"}}, "found '1e-3'; .*Write 0.001"),
        ({"train": {"learning_rate": math.nan}}, "found nan; expected a number.*finite"),
        ({"train": {"weight_decay": math.inf}}, "found inf; expected a number.*finite"),
        ({"train": {"gradient_clip": 10**400}}, "gradient_clip: found 1[0]*.*a number"),
        ({"models": {"hybrid": {"resnet": {"widening": math.nan}}}}, "widening: found nan"),
        ({"seed": True}, "seed: found true; expected an integer"),
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
def test_errors_name_the_key(over, fragment):
    with pytest.raises(InputError, match=fragment):
        check_settings(merged(YEAST, over))


@pytest.mark.parametrize("kind", ["datasets", "models"])
@pytest.mark.parametrize(
    "name",
    ["{x}", "a/b", "..", "-x", "", "x" * 101, "a\n", "a\x1b[31m", "a$b", " a", "é", ".a", "a\\b"],
)
def test_names_that_are_unsuitable_for_a_path_are_refused(kind, name):
    with pytest.raises(InputError, match=f"key {kind}: found .*letters, digits"):
        check_settings(merged(YEAST, {kind: {name: {}}}))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("datasets", "sweep"), ("models", "data"), ("models", "Data"), ("models", "report.html")],
)
def test_reserved_names_are_refused(kind, name):
    with pytest.raises(InputError, match=f"key {kind}: found '{name}'; expected another name"):
        check_settings(merged(YEAST, {kind: {name: {}}}))


@pytest.mark.parametrize(
    "results", ["", "{dataset}", "r\0", "r\n", "s3://bucket/results", "a\x1b[31m"]
)
def test_results_must_be_a_folder(results):
    with pytest.raises(InputError, match=r"key results: found .*; expected a folder"):
        check_settings(merged(YEAST, {"results": results}))


@pytest.mark.parametrize(
    "url",
    [
        *("http://h/..", ".a.tgz", "a.lock.json", "http://h/train.mat"),
        *("http://h/{x}.tgz", f"http://h/{'x' * 201}"),
    ],
)
def test_downloads_need_unique_file_names(url):
    config = merged(DEFAULT, {"datasets": {"deepsea": {"archive": {"url": url}}}})
    with pytest.raises(InputError, match=r"deepsea.archive.url: found the file name '.*'"):
        check_settings(config)


@pytest.mark.parametrize("pattern", ["", "/*", "/etc/*.bed"])
def test_patterns_of_peak_files_are_relative(pattern):
    over = {"datasets": {"yeast": {"peaks": {"pattern": pattern}}}}
    with pytest.raises(InputError, match=r"peaks.pattern: found .* below the archive or folder"):
        check_settings(merged(YEAST, over))


def test_circular_references_are_refused():
    run = dict(YEAST["run"])
    run["datasets"] = [run]
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for wrong in ({"run": run}, {"run": YEAST["run"] | {"seeds": deep}}):
        with pytest.raises(InputError):
            check_settings(YEAST | wrong)


@pytest.mark.parametrize(
    ("over", "new"),
    [
        ({"discover": {}}, "motifs"),
        ({"explain": {"drawn": 2}}, "n_plotted"),
        ({"explain": {"checked": 2}}, "n_checked"),
        ({"explain": {"loci": 2}}, "n_sequences"),
    ],
)
def test_renamed_keys_are_named(over, new):
    with pytest.raises(InputError, match=f"found the unknown key .*is now called '{new}'"):
        check_settings(merged(YEAST, over))


def models_of(schema=Settings):
    """A model and all below it."""
    yield schema
    for field in schema.model_fields.values():
        waiting = [field.annotation]
        while waiting:
            kind = waiting.pop()
            waiting += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from models_of(kind)


@pytest.mark.parametrize("model", sorted({*models_of()}, key=str), ids=lambda model: model.__name__)
def test_models_are_closed_and_every_key_is_described(model):
    config = model.model_config
    assert config["extra"] == "forbid" and config["frozen"] and config["strict"]
    assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize("overlay", [None, "demo", "yeast"])
def test_settings_are_dumped_as_they_are_written(overlay):
    config = DEFAULT
    if overlay:
        config = merged(config, yaml.safe_load((ROOT / "configs" / f"{overlay}.yaml").read_text()))
    config = with_inherited(config)
    settings = check_settings(config)
    for dumped in (settings.dump(), settings.model_dump(mode="json", exclude_unset=True)):
        assert json.dumps(dumped, sort_keys=True) == json.dumps(config, sort_keys=True)
    # In their order, too, since the record of a training is compared and written.
    assert json.dumps(settings.train.dump()) == json.dumps(config["train"])
    for name, model in DEFAULT["models"].items():
        if "like" not in model:
            assert json.dumps(settings.models[name].dump()) == json.dumps(config["models"][name])


def test_the_training_of_a_model_overlays_that_of_all():
    settings = check_settings(merged(YEAST, {"models": {"danq": {"train": {"epochs": 3}}}}))
    common = {key: YEAST["train"][key] for key in TrainSettings.model_fields}
    assert settings.training_of("danq").dump() == common | {"epochs": 3}
    assert settings.training_of("hybrid").dump() == common


@pytest.mark.parametrize("key", ["epoch", "wandb", "checkpoint_minutes"])
def test_a_model_has_no_other_training_keys_than_those_that_decide_its_weights(key):
    with pytest.raises(InputError, match=f"danq.train: found the unknown key '{key}'"):
        check_settings(merged(YEAST, {"models": {"danq": {"train": {key: 3}}}}))


@pytest.mark.parametrize(
    ("seeds", "trained"),
    [
        ([], {"convnext": ("convnext", 1)}),
        ([3, 4], {"convnext-seed3": ("convnext", 3), "convnext-seed4": ("convnext", 4)}),
    ],
)
def test_every_model_is_trained_with_every_seed(seeds, trained):
    assert check_settings(merged(YEAST, {"run": {"seeds": seeds}})).trained_models() == trained


def test_a_section_can_be_made_from_the_values_of_a_rule():
    settings = EvaluateSettings(**YEAST["evaluate"])
    assert settings.replicates == YEAST["evaluate"]["replicates"]
    assert settings.model_dump(mode="json") == YEAST["evaluate"]


OWN = {"source": "genome", "fasta": "genome.fa.gz", "peaks": {"folder": "peaks"}}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bins": "all", "negatives": {"train": 1}}, "negatives with 'bins: all'"),
        (
            {
                "negatives": {"train": 1},
                "splits": {"train": {"rows": 9}, "valid": {"rows": 2}, "test": ["a"]},
            },
            "negatives with splits of {rows: N}",
        ),
        ({"splits": {"valid": {"rows": 2}, "test": ["a"]}}, "{rows: N} for one of them"),
        ({"splits": {"valid": ["a"], "test": ["a", "b"]}}, "a in both 'valid' and 'test'"),
        ({"bins": {"groups": "TF"}}, "bins: found the unknown key 'groups'"),
        ({"bins": "any"}, "bins: found 'any'"),
        ({"max_n": 1.5}, "max_n"),
        ({"verify": "rebuilt"}, "'rebuilt' without peaks.table"),
        (
            {"verify": "rebuilt", "peaks": {"table": "a.tsv"}},
            "'rebuilt' with targets that may be left out",
        ),
        ({"negatives": {"train": -1}}, "negatives.train"),
        ({"negatives": {"match": ["gc", "gc"]}}, "no entry twice"),
        ({"exclude": [3]}, "exclude"),
    ],
)
def test_keys_of_a_genome_that_do_not_fit_are_refused(keys, message):
    with pytest.raises(InputError, match=re.escape(message)):
        check_settings(merged(YEAST, {"datasets": {"own": OWN | keys}}))


@pytest.mark.parametrize("excluded", ["a.bed", {"url": "a.bed"}, ["a.bed"], [{"url": "a.bed"}]])
def test_excluded_regions_are_one_file_or_several(excluded):
    own = check_settings(merged(YEAST, {"datasets": {"own": OWN | {"exclude": excluded}}}))
    assert [str(file.url) for file in own.datasets["own"].exclude] == ["a.bed"]


@pytest.mark.parametrize(
    ("over", "datasets", "models"),
    [
        ({}, ["deepsea"], ["hybrid"]),
        ({"datasets": {"deepsea": {"archive": {"url": "bundle"}}}}, ["deepsea"], ["hybrid"]),
        ({"datasets": {"own": OWN}}, ["own"], ["compact"]),
        ({"datasets": {"own": OWN, "other": OWN}}, ["own", "other"], ["compact"]),
        ({"datasets": {"own": OWN}, "run": {"models": ["danq"]}}, ["own"], ["danq"]),
        ({"datasets": {"own": OWN}, "run": {"datasets": ["deepsea"]}}, ["deepsea"], ["hybrid"]),
        (
            {"datasets": {"own": OWN}, "run": {"datasets": ["deepsea", "own"]}},
            ["deepsea", "own"],
            ["hybrid"],
        ),
    ],
)
def test_added_data_sets_are_run_by_default_with_a_small_model(over, datasets, models):
    settings = check_settings(merged(DEFAULT, over))
    assert (settings.datasets_to_run(), settings.models_to_run()) == (datasets, models)
    assert [*settings.trained_models()] == models


def test_the_default_data_set_is_that_of_the_default_configuration():
    assert [*DEFAULT["datasets"]] == [DEFAULT_DATASET]


def test_a_genome_needs_only_a_fasta_file_and_peaks():
    found = check_settings(merged(DEFAULT, {"datasets": {"own": OWN}})).datasets["own"]
    assert (found.window, found.bin, found.splits, found.chromosome_map) == (1000, 200, None, None)
    with pytest.raises(InputError, match=r"datasets\.own: found no key 'fasta', 'peaks'"):
        check_settings(merged(DEFAULT, {"datasets": {"own": {"source": "genome"}}}))


def test_all_bins_are_those_of_a_genome_that_is_run():
    over = {"evaluate": {"genome_wide": True}, "datasets": {"own": OWN}}
    assert check_settings(merged(DEFAULT, over)).evaluate.genome_wide
    wanted = r"key evaluate.genome_wide: found true, but only deepsea \(source: bundle\)"
    with pytest.raises(InputError, match=wanted):
        check_settings(merged(DEFAULT, over | {"run": {"datasets": ["deepsea"]}}))


def test_the_default_window_is_checked_with_the_bin():
    with pytest.raises(InputError, match="bin: found 2000 bp; expected at most the window, 1000"):
        check_settings(merged(DEFAULT, {"datasets": {"own": OWN | {"bin": 2000}}}))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "exactly one of the keys architecture and start_from"),
        ({"architecture": "danq", "start_from": "yeast"}, "exactly one of the keys architecture"),
        ({"start_from": "yeast", "channels": 3}, "unknown key 'channels'"),
        ({"start_from": "yeast", "freeze": "all"}, "freeze: found 'all'; expected one of none"),
        ({"start_from": "yeast", "rates": {"head": 0}}, "rates.head: found 0; expected more than"),
        (
            {"start_from": "yeast", "freeze": "stem", "rates": {"stem": 0.1}},
            "rates.stem: found 0.1, for a part that is frozen",
        ),
    ],
)
def test_a_model_has_an_architecture_or_starts_from_another(entry, message):
    with pytest.raises(InputError, match=re.escape(message)):
        check_settings(merged(DEFAULT, {"models": {"tuned": entry}}))
