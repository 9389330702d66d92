"""What runs again after each change, against the tables of docs/reruns.md.

Runs alone, too: ``pytest tests/workflow/test_reruns.py``.
"""

import copy
import fnmatch
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import yaml
from toy_inputs import SIMULATED
from toy_store import DANQ
from workflows import ROOT, copy_pipeline, planned, snakemake, tiny, written

PAGE = (ROOT / "docs" / "reruns.md").read_text()
RULES = {
    rule: path.stem
    for path in (ROOT / "rules").glob("*.smk")
    for rule in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)
}
OF_SOURCE = {
    "toy": {"simulate", "build", "sweep"},
    "own": {"simulate", "unpack", "convert", "sweep"},
    "sim": {"build", "sweep"},
}
"""Stages that a data set does not have; without seeds there is no sweep."""


def table(heading):
    """Rows of a table of the page: names in the first cell, stages in the second."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)[1:]
    found = {}
    for names, stages in rows:
        stages = [] if stages.startswith("nothing") else stages.split(" (")[0].split(", ")
        assert set(stages) <= {*RULES.values()}, (names, stages)
        for name in re.findall(r"`([^`]+)`", names):
            assert name not in found, name
            found[name] = set(stages)
    return found


BELOW = table("What is below a stage")
KEYS = table("Keys of the configuration")
FILES = table("Source files")


def with_all_below(stages, dataset):
    """The stages and all below them that a data set has."""
    own = set(stages) - OF_SOURCE[dataset]
    return own.union(*(BELOW[stage] for stage in own)) - OF_SOURCE[dataset]


def expected(entries, name, datasets):
    """Stage and data set of the jobs that the page promises for a name."""
    exact = [pattern for pattern in entries if pattern == name]
    patterns = exact or [pattern for pattern in entries if fnmatch.fnmatch(name, pattern)]
    assert len(patterns) == 1, f"{name} stands in {len(patterns)} rows: {patterns}"
    stages = entries[patterns[0]]
    return {(stage, one) for one in datasets for stage in with_all_below(stages, one)}


def stages_of(said):
    return {(RULES[rule], dataset) for rule, dataset in planned(said)}


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
    "train.on_out_of_memory": "halve",
    "train.wandb": "project",
    "evaluate.curves": [0],
    "explain.targets": [0],
    "explain.sequences": [0],
    "explain.methods": ["gradcam"],
    "explain.layer": "resnet.stem",
    "discover.method": "deeplift_shap",
    "predict.devices": 2,
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


def dry_run(folder, config, *arguments, number=0):
    """What a dry run would do; several can look at a folder at once."""
    path = written(config, folder, f"over-{number}.yaml")
    arguments = ("--dry-run", "--nolock", *arguments, "--configfile", str(path))
    status, said = snakemake(folder, *arguments, pipeline=folder)
    assert status == 0, said[-3000:]
    return said


def compared(cases):
    """Run the cases, two at a time; gives those that are not as the page says."""
    wrong = {}
    with ThreadPoolExecutor(2) as pool:
        for name, (wanted, found) in zip(
            cases, pool.map(lambda case: case(), cases.values()), strict=True
        ):
            if wanted != found:
                more, fewer = sorted(found - wanted), sorted(wanted - found)
                wrong[name] = f"runs beside the page: {more}; does not run: {fewer}"
    return wrong


def test_nothing_is_to_be_done(finished):
    folder, config = finished
    assert stages_of(dry_run(folder, config)) == set()


def test_each_key_runs_again_what_the_page_says(finished):
    folder, config = finished
    defaults = yaml.safe_load((ROOT / "config.yaml").read_text())
    whole = {key: {**defaults[key], **config.get(key, {})} for key in defaults if key in SECTIONS}
    whole |= {key: config.get(key, defaults[key]) for key in defaults if key not in whole}
    whole |= {key: copy.deepcopy(config[key]) for key in ("datasets", "models")}
    for own in whole["datasets"].values():
        own.setdefault("motifs", None)
    whole["models"]["toy"].setdefault("train", {})
    cases = {}
    for number, path in enumerate(leaves(whole)):
        name = ".".join(path)
        value = change_of(path, at(whole, path))
        if value is None and name != "datasets.own.splits.train":
            continue
        if name == "models.toy.architecture":
            other = changed(config, path[:-1], value)
        else:
            other = changed(merged(config, path, whole), path, value)
        datasets = [path[1]] if path[0] == "datasets" else ["toy", "own"]
        wanted = expected(KEYS, re.sub(r"^(datasets|models)\.\w+", r"\1.*", name), datasets)
        # A new file of motifs is fetched; no other file is.
        fetched = {("fetch", path[1])} if path[-1] == "motifs" else set()
        cases[name] = lambda other=other, number=number, wanted=wanted | fetched: (
            wanted,
            stages_of(dry_run(folder, other, number=number)),
        )
    assert len(cases) > 90
    assert compared(cases) == {}


SECTIONS = ("train", "load", "predict", "evaluate", "baseline", "explain", "discover")


def merged(config, path, whole):
    """The configuration with the sections on the way to a key."""
    other = copy.deepcopy(config)
    inner, source = other, whole
    for key in path[:-1]:
        source = source[key]
        inner = inner.setdefault(key, {})
    return other


def test_another_data_set_model_or_folder_runs_for_itself(finished):
    folder, config = finished
    other = copy.deepcopy(config)
    other["models"]["second"] = other["models"]["toy"]
    other["run"]["models"] = ["toy", "second"]
    said = dry_run(folder, other)
    # Of the model that is there, nothing: comparison and page hold both.
    wanted = {"train", "predict", "evaluate", "compare", "explain", "discover", "report"}
    assert {stage for stage, _ in stages_of(said)} == wanted
    assert "model=toy" not in said
    other = copy.deepcopy(config)
    other["run"]["datasets"] = ["own"]
    assert stages_of(dry_run(folder, other)) == set()
    other["results"] = "elsewhere"
    assert stages_of(dry_run(folder, other)) == {
        (stage, "own") for stage in with_all_below(["fetch"], "own")
    }


def edited_cases(folder, config, files, datasets, *arguments):
    """Dry runs with one source file edited at a time.

    Each looks at a copy of the folder that is its own, since two run at once.
    """
    copies = []
    for number in range(2):
        other = folder.with_name(f"{folder.name}-copy-{number}")
        shutil.copytree(folder, other)
        copies.append(other)
    free = list(copies)

    def case(name):
        own = free.pop()
        path = own / name
        before = path.read_bytes()
        comment = b"\n<!-- edited -->\n" if path.suffix == ".html" else b"\n# edited\n"
        path.write_bytes(before + comment)
        try:
            found = stages_of(dry_run(own, config, *arguments))
        finally:
            path.write_bytes(before)
            free.append(own)
        return expected(FILES, name, datasets), found

    return {name: lambda name=name: case(name) for name in files}


def source_files():
    for folder in ("noncoding", "scripts"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".css", ".js"):
                yield path.relative_to(ROOT).as_posix()


def test_each_source_file_runs_again_what_the_page_says(finished):
    folder, config = finished
    assert compared(edited_cases(folder, config, source_files(), ["toy", "own"])) == {}


def test_what_a_simulated_data_set_reads_runs_again_what_the_page_says(tmp_path):
    folder = copy_pipeline(tmp_path)
    config = tiny(sim=SIMULATED)
    status, said = snakemake(folder, "convert", config=config, pipeline=folder)
    assert status == 0, said
    upstream = {("sim", stage) for stage in ("simulate", "fetch", "unpack", "convert")}
    cases = {}
    for number, path in enumerate(leaves(SIMULATED)):
        name = ".".join(("datasets", "sim", *path))
        if path == ("source",):
            continue
        value = at(SIMULATED, path)
        other = changed(config, ("datasets", "sim", *path), change_of(path, value))
        wanted = expected(KEYS, name.replace(".sim", ".*"), ["sim"])
        cases[name] = lambda other=other, number=number, wanted=wanted: (
            {(stage, one) for stage, one in wanted if (one, stage) in upstream},
            stages_of(dry_run(folder, other, "convert", number=number)),
        )
    assert compared(cases) == {}


def test_a_fresh_checkout_over_kept_results_runs_nothing(finished, tmp_path):
    folder, config = finished
    fresh = tmp_path / "fresh"
    shutil.copytree(folder, fresh)
    for path in [path for path in fresh.rglob("*.py") if "results" not in path.parts]:
        path.touch()
    for name in ("Snakefile", "config.yaml"):
        (fresh / name).touch()
    assert stages_of(dry_run(fresh, config)) == set()


def test_deleted_intermediates_are_not_missed_and_deleted_deliverables_are(finished, tmp_path):
    folder, config = finished
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    # The .mat files went already; the archive, and what else only stages read.
    (run / "results" / "toy" / "raw" / "toy.tar.gz").unlink()
    (run / "results" / "own" / "baseline" / "targets.tsv").unlink()
    assert stages_of(dry_run(run, config)) == set()
    (run / "results" / "own" / "toy" / "evaluation" / "summary.json").unlink()
    wanted = {(stage, "own") for stage in with_all_below(["evaluate"], "own")} | {
        ("baseline", "own")
    }
    assert stages_of(dry_run(run, config)) == wanted


def test_an_edit_can_be_kept_from_a_costly_training(finished, tmp_path):
    folder, config = finished
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    with (run / "noncoding" / "train" / "module.py").open("a") as file:
        file.write("\n# edited\n")
    assert ("train", "own") in stages_of(dry_run(run, config))
    path = written(config, run)
    status, said = snakemake(run, "train", "--touch", "--configfile", str(path), pipeline=run)
    assert status == 0, said
    assert stages_of(dry_run(run, config)) == set()
