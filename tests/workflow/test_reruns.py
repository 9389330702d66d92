"""What runs again after each change, against the tables of docs/reruns.md."""

import copy
import fnmatch
import re
import shutil

import pytest
import yaml
from toy_inputs import SIMULATED
from toy_store import DANQ
from workflows import BELOW, ROOT, STAGES, copy_pipeline, planned, reruns_table, snakemake, tiny

from noncoding.common.provenance import source_files
from noncoding.layout import GENOME_WIDE_STAGES

OF_SOURCE = {
    "toy": {"simulate", "tile", "sweep", "ensemble", *GENOME_WIDE_STAGES},
    "own": {"simulate", "unpack", "convert", "sweep", "ensemble"},
    "sim": {"tile", "sweep", "ensemble", *GENOME_WIDE_STAGES},
}
"""Stages that a data set does not have; without seeds there is no sweep, and without
members no ensemble."""


KEYS = reruns_table("Keys of the configuration")


def with_all_below(stages, dataset):
    """The stages and all below them that a data set has."""
    own = set(stages) - OF_SOURCE[dataset]
    return own.union(*(BELOW[stage] for stage in own)) - OF_SOURCE[dataset]


def stages_of(entries, name):
    """Stages that the page names for a key or a file, in its own row or in that of its like."""
    exact = [pattern for pattern in entries if pattern == name]
    patterns = exact or [pattern for pattern in entries if fnmatch.fnmatch(name, pattern)]
    assert len(patterns) == 1, f"{name} stands in {len(patterns)} rows: {patterns}"
    return entries[patterns[0]]


def expected(entries, name, datasets):
    """Stage and data set of the jobs that the page promises for a name."""
    stages = stages_of(entries, name)
    return {(stage, one) for one in datasets for stage in with_all_below(stages, one)}


def leaves(value, path=()):
    """Every key that has a value of its own, as a path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(config, path, value):
    other = copy.deepcopy(config)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return other


CHANGES = {
    "results": None,  # Another folder: everything, which is tested alone.
    "run.datasets": None,
    "run.models": None,
    "run.seeds": None,
    "mirror": "elsewhere",
    "datasets.*.source": None,
    "datasets.toy.archive.url": "https://example.org/other.tar.gz",
    "datasets.own.fasta.url": "other.fa",
    "datasets.*.sha256": "0" * 64,
    "datasets.*.window": 320,
    "datasets.*.bin": 20,
    "datasets.toy.targets": "other.tsv",
    "datasets.toy.verify": "off",
    "datasets.toy.disk_gib": 1,
    "datasets.own.disk_gib": 1,
    "datasets.own.peaks.folder": "others",
    "datasets.own.peaks.pattern": "p*.bed",
    "datasets.own.peaks.suffix": "bed",
    "datasets.own.peaks.group": "DNase",
    "datasets.own.chromosome_map": {"a": "one"},
    "datasets.own.exclude": "exclude.bed",
    "datasets.own.peak": "any",
    "datasets.own.motifs": {"url": "known.meme", "sha256": None},
    "datasets.toy.motifs": {"url": "known.meme", "sha256": None},
    "datasets.own.splits.train": None,
    "datasets.own.splits.valid": ["two", "five"],
    "datasets.own.splits.test": ["three", "five"],
    "models.toy.architecture": {**DANQ, "motifs": False},
    "models.toy.train": {"epochs": 2},
    "models.toy.resnet.stem_activation": "relu",
    "models.toy.resnet.stem_kernel": 9,
    "models.toy.resnet.stem_pool": 2,
    "models.toy.resnet.stem_both_strands": True,
    "models.toy.resnet.channels": [16, 8],
    "models.toy.resnet.strides": [1, 1],
    "models.toy.resnet.dilations": [1, 2],
    "models.toy.resnet.kernel": 5,
    "models.toy.resnet.widening": 2,
    "models.toy.resnet.groups": 2,
    "models.toy.resnet.squeeze_excitation": 2,
    "models.toy.sequence.kind": "bert",
    "models.toy.sequence.channels": 16,
    "models.toy.sequence.heads": 1,
    "models.toy.head.pooling": "flatten",
    "load.rows": "disk",
    "train.precision": "bf16-mixed",
    "train.compile": "off",
    "train.deterministic": False,
    "train.wandb": "project",
    "evaluate.curves": [0],
    "explain.targets": [0],
    "explain.sequences": [0],
    "explain.methods": ["gradcam"],
    "explain.layer": "resnet.stem",
    "motifs.method": "deeplift_shap",
    "predict.devices": 2,
    "apply.*.datasets": None,
    "apply.regions.sequences.fasta": "genome.fa",
    "apply.regions.sequences.format": "h5",
    "apply.regions.track.regions": ["two"],
    "apply.regions.track.format": "tsv.gz",
    "apply.variants.table.table": "other.tsv",
    "apply.variants.table.genome": "sequences.fa",
    "apply.variants.table.offsets": [0, 5],
    "apply.variants.vcf.vcf": "other.vcf",
    "apply.variants.vcf.format": "h5",
}
"""Values that a key can take, where it is no number and no switch."""


def change_of(path, value):
    name = ".".join(path)
    for pattern, other in CHANGES.items():
        if fnmatch.fnmatch(name, pattern):
            return other
    if isinstance(value, bool):
        return not value
    assert isinstance(value, int | float), f"{name}: say in CHANGES what else it could be"
    if isinstance(value, int):
        return value + 1
    return value / 2 if value else 0.1


def at(config, path):
    for key in path:
        config = config[key]
    return config


def dry_run(folder, config, *arguments):
    """Output of a dry run, which leaves the folder as it was."""
    status, said = snakemake(
        folder, "--dry-run", "--nolock", *arguments, config=config, pipeline=folder
    )
    assert status == 0, said[-3000:]
    return said


def test_nothing_is_to_be_done(finished):
    assert planned(dry_run(finished.folder, finished.config)) == set()


@pytest.mark.parametrize(
    "written",
    [
        {"negatives": None, "exclude": [], "order": "genome", "max_n": 1.0, "verify": "off"},
        {"bins": "any_target", "strands": "forward"},
    ],
)
def test_a_default_that_is_written_out_changes_nothing(finished, written):
    config = copy.deepcopy(finished.config)
    config["datasets"]["own"] |= written
    config["datasets"]["own"]["splits"] |= {"guard": 0, "ignore": []}
    # The page shows the configuration.
    assert planned(dry_run(finished.folder, config)) == {("report", "own")}


@pytest.mark.parametrize("part", ["datasets", "models", "others"])
def test_each_key_reruns_the_documented_stages(finished, part):
    """In parts, which processes of tests share: a dry run for each key."""
    config = finished.config
    defaults = yaml.safe_load((ROOT / "config.yaml").read_text())
    whole = {key: {**defaults[key], **config.get(key, {})} for key in defaults if key in SECTIONS}
    whole |= {key: config.get(key, defaults[key]) for key in defaults if key not in whole}
    whole |= {key: copy.deepcopy(config[key]) for key in ("datasets", "models")}
    for own in whole["datasets"].values():
        own.setdefault("motifs", None)
    whole["models"]["toy"].setdefault("train", {})
    changes = {path: change_of(path, at(whole, path)) for path in leaves(whole)}
    changes = {
        path: value
        for path, value in changes.items()
        if value is not None or path == ("datasets", "own", "splits", "train")
    }
    assert len(changes) > 90
    wrong = {}
    for path, value in changes.items():
        if (path[0] if path[0] in ("datasets", "models") else "others") != part:
            continue
        name = ".".join(path)
        if name == "models.toy.architecture":
            other = changed(config, path[:-1], value)
        else:
            other = changed(merged(config, path, whole), path, value)
        datasets = [path[1]] if path[0] == "datasets" else ["toy", "own"]
        if path[0] == "apply":
            datasets = at(whole, path[:3]).get("datasets", datasets)
        anyone = re.sub(r"^(datasets|models|apply\.\w+)\.\w+", r"\1.*", name)
        wanted = expected(KEYS, anyone, datasets)
        if path[-1] == "motifs":  # A new file of motifs is fetched; no other file is.
            wanted.add(("fetch", path[1]))
        found = planned(dry_run(finished.folder, other))
        if found != wanted:
            wrong[name] = difference(found, wanted)
    assert wrong == {}


def difference(found, wanted):
    more, fewer = sorted(found - wanted), sorted(wanted - found)
    return f"runs against the page: {more}; does not run: {fewer}"


SECTIONS = ("train", "load", "predict", "evaluate", "baseline", "explain", "motifs")


def merged(config, path, whole):
    """The configuration with the sections on the way to a key."""
    other = copy.deepcopy(config)
    inner, source = other, whole
    for key in path[:-1]:
        source = source[key]
        inner = inner.setdefault(key, {})
    return other


def test_a_new_data_set_model_or_folder_reruns_nothing_else(finished):
    other = copy.deepcopy(finished.config)
    other["models"]["second"] = other["models"]["toy"]
    other["run"]["models"] = ["toy", "second"]
    said = dry_run(finished.folder, other)
    # Of the model that is there, nothing: comparison and page hold both.
    wanted = {"train", "plot_training", "predict", "evaluate", "compare", "explain", "motifs"}
    wanted |= {"predict_regions", "score_variants", "report"}
    wanted |= {"predict_genome_wide", "evaluate_genome_wide"}
    assert {stage for stage, _ in planned(said)} == wanted
    assert not re.search("/(toy|own)/toy/", said)
    other = copy.deepcopy(finished.config)
    other["run"]["datasets"] = ["own"]
    assert planned(dry_run(finished.folder, other)) == set()
    other["results"] = "elsewhere"
    assert planned(dry_run(finished.folder, other)) == {
        (stage, "own") for stage in with_all_below(["fetch"], "own")
    }


def test_an_evaluation_on_all_bins_that_is_added_reruns_only_the_report(finished, tmp_path):
    run = finished.copied(tmp_path / "run")
    own = run / "results" / "own"
    (own / "data" / "genome_wide.h5").unlink()
    shutil.rmtree(own / "toy" / "genome_wide")
    wanted = {(stage, "own") for stage in (*GENOME_WIDE_STAGES, "report")}
    assert planned(dry_run(run, finished.config)) == wanted


def applied(said):
    """Entries of `apply` whose jobs a dry run lists."""
    return re.findall(r"^\w+ +results/own/toy/(?:regions|variants)/(\w+)", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "stage", "entry"),
    [
        ("sequences.fa", "predict_regions", "sequences"),
        ("variants.tsv", "score_variants", "table"),
        ("variants.vcf", "score_variants", "vcf"),
        ("genome.fa", "score_variants", "table"),
    ],
)
def test_a_changed_file_reruns_the_entries_that_name_it(finished, tmp_path, file, stage, entry):
    run = finished.copied(tmp_path / "run")
    with (run / file).open("a") as text:
        text.write("\n")
    said = dry_run(run, finished.config)
    assert applied(said) == [entry]
    assert {one for one, _ in planned(said)} == {stage, "report"}


def test_an_added_entry_reruns_no_other(finished):
    other = copy.deepcopy(finished.config)
    other["apply"]["variants"]["more"] = {"table": "variants.tsv", "datasets": ["own"]}
    said = dry_run(finished.folder, other)
    assert applied(said) == ["more"]
    assert planned(said) == {("score_variants", "own"), ("report", "own")}


def package(path):
    """The package of a module as docs/reruns.md names it; None of those that all stages use."""
    parts = path.relative_to(ROOT).parts[1:-1]
    if path.name == "__init__.py" or parts[:1] in ((), ("common",), ("stages",)):
        return None
    return "/".join(parts[:2])


def test_the_page_lists_the_packages_of_each_stage():
    """Each stage must be listed with all packages that its script imports, and no others."""
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \|$",
        (ROOT / "docs" / "reruns.md").read_text().partition("## Source files\n")[2],
        re.MULTILINE,
    )
    listed = {stage: set(re.findall(r"`(.+?)`", packages)) for stage, packages in rows}
    imported = {stage: set(map(package, code_of(stage)[1:])) - {None} for stage in STAGES}
    assert listed == imported


def code_of(stage):
    return source_files(ROOT / "scripts" / f"{stage}.py", ROOT)


def stages_that_read(name):
    """Stages whose script imports a module, or whose page is made from a template."""
    if not name.endswith(".py"):
        return {"report"}
    return {stage for stage in STAGES if ROOT / name in code_of(stage)}


@pytest.mark.parametrize(
    "name",
    [
        "noncoding/common/stage_logging.py",
        "noncoding/training/lightning_module.py",
        "noncoding/report/page.html",
    ],
)
def test_an_edited_source_file_reruns_the_stages_that_import_it(finished, tmp_path, name):
    folder = finished.copied(tmp_path / "run")
    comment = "\n<!-- edited -->\n" if name.endswith(".html") else "\n# edited\n"
    with (folder / name).open("a") as file:
        file.write(comment)
    found = planned(dry_run(folder, finished.config))
    stages = stages_that_read(name)
    assert found == {(one, data) for data in ("toy", "own") for one in with_all_below(stages, data)}


def test_keys_of_simulated_data_rerun_the_documented_stages(tmp_path):
    folder = copy_pipeline(tmp_path)
    config = tiny(sim=SIMULATED)
    status, said = snakemake(folder, "convert", config=config, pipeline=folder)
    assert status == 0, said
    upstream = {(stage, "sim") for stage in ("simulate", "fetch", "unpack", "convert")}
    wrong = {}
    for path in leaves(SIMULATED):
        name = ".".join(("datasets", "*", *path))
        if path == ("source",):
            continue
        value = at(SIMULATED, path)
        other = changed(config, ("datasets", "sim", *path), change_of(path, value))
        wanted = expected(KEYS, name, ["sim"]) & upstream
        found = planned(dry_run(folder, other, "convert"))
        if found != wanted:
            wrong[name] = difference(found, wanted)
    assert wrong == {}


def test_a_fresh_checkout_over_kept_results_runs_nothing(finished, tmp_path):
    fresh = finished.copied(tmp_path / "fresh")
    for path in [path for path in fresh.rglob("*.py") if "results" not in path.parts]:
        path.touch()
    for name in ("Snakefile", "config.yaml"):
        (fresh / name).touch()
    assert planned(dry_run(fresh, finished.config)) == set()


def test_deleted_results_are_made_again_but_not_deleted_intermediates(finished, tmp_path):
    run = finished.copied(tmp_path / "run")
    # The .mat files went already; the archive, and what else only stages read.
    (run / "results" / "toy" / "raw" / "toy.tar.gz").unlink()
    (run / "results" / "own" / "baseline" / "targets.tsv").unlink()
    assert planned(dry_run(run, finished.config)) == set()
    (run / "results" / "own" / "toy" / "evaluation" / "summary.json").unlink()
    wanted = {(stage, "own") for stage in with_all_below(["evaluate"], "own")} | {
        ("baseline", "own")
    }
    assert planned(dry_run(run, finished.config)) == wanted


OF_MODELS = ["predict", "predict_genome_wide", "predict_regions", "score_variants"]
"""Stages that read a trained model, besides those below them."""


@pytest.mark.parametrize(
    ("changed", "stages"),
    [
        ("model/model.safetensors", OF_MODELS),
        ("model/training.json", OF_MODELS),
        ("training/best.ckpt", []),
        ("model/README.md", []),
    ],
)
def test_a_changed_or_deleted_file_of_a_model(finished, tmp_path, changed, stages):
    """A file that stages read runs them again; a deleted one is made again by a training."""
    run = finished.copied(tmp_path / "run")
    path = run / "results" / "own" / "toy" / changed
    with path.open("ab") as file:
        file.write(b" ")
    wanted = {(stage, "own") for stage in with_all_below(stages, "own")}
    assert planned(dry_run(run, finished.config)) == wanted
    path.unlink()
    stages = ["train"] if stages else []
    wanted = {(stage, "own") for stage in with_all_below(stages, "own")}
    assert planned(dry_run(run, finished.config)) == wanted


def test_touch_keeps_a_training_after_an_edit(finished, tmp_path):
    run = finished.copied(tmp_path / "run")
    with (run / "noncoding" / "training" / "lightning_module.py").open("a") as file:
        file.write("\n# edited\n")
    assert ("train", "own") in planned(dry_run(run, finished.config))
    status, said = snakemake(run, "train", "--touch", config=finished.config, pipeline=run)
    assert status == 0, said
    assert planned(dry_run(run, finished.config)) == set()
