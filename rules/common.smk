# Shared by the rules: the checked configuration, and what each stage reads and makes.

import os
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import contains_wildcard
from snakemake.utils import min_version, update_config

min_version("9.0")

# The scripts run in processes of their own, which inherit the environment.
sys.path.insert(0, BASE)
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [BASE, os.getenv("PYTHONPATH")])))
# Snakemake writes the interpreter into the commands of jobs without quotes. Once quoted, also by
# another import of this workflow, the path is that of no file.
if Path(sys.executable).exists():
    sys.executable = shlex.quote(sys.executable)

from noncoding.data.genome.peaks import peak_paths, peak_source
from noncoding.common.secrets import redacted, shareable
from noncoding.settings.downloads import (
    bundle_folder,
    downloads,
    file_name,
    mat_file,
    urls,
)
from noncoding.common.errors import InputError
from noncoding.common.files import discard
from noncoding.common.locks import held, hold, release
from noncoding import layout
from noncoding.layout import (
    BASELINES,
    FINISHED,
    FORMATS,
    MODEL_FILES,
    SPLITS,
    UNFINISHED,
)
from noncoding.common.provenance import source_files
from noncoding.settings.config import check_settings
from noncoding.settings.folders import check_folders
from noncoding.settings.yaml_types import check_files, retype
from noncoding.common.stage_logging import explained


@cache
def peak_files(dataset):
    """Peak files of a data set, and the table that lists them, where they are not in an archive."""
    peaks = config["datasets"][dataset].get("peaks", {"archive": None})
    if "archive" in peaks:
        return []
    source = peak_source(peaks)
    # Of a table that another rule makes, nothing is known yet.
    known = "table" not in peaks or Path(source.table).exists()
    return [str(path) for path in (peak_paths(source) if known else [source.table])]


def check_paths(dataset):
    """Refuse input files in whose names Snakemake would see wildcards; it knows no way round."""
    settings = config["datasets"][dataset]
    given = [settings.get("targets"), settings.get("exclude"), config["explain"]["sequences"]]
    given += [file_name(entry) for entry in downloads(settings).values()]
    folder = bundle_folder(settings)
    if folder:
        given += [str(mat_file(settings, split)) for split in ("train", "valid", "test")]
        if Path(config["results"]).resolve() in (folder.resolve(), *folder.resolve().parents):
            raise InputError(
                f"configuration, key datasets.{dataset}.archive.url",
                f"the folder {folder}, which is within the results",
                "a folder of .mat files elsewhere, since those within the results are deleted",
                "Move the files out of it.",
            )
    for path in [*given, *peak_files(dataset)]:
        if isinstance(path, str) and contains_wildcard(path):
            raise InputError(
                path,
                "a name in braces",
                "a path without '{' and '}', which Snakemake takes for a wildcard",
                "Rename the file or folder, or make a link of another name to it.",
            )


try:
    check_files(workflow.configfiles)
    retype(config, workflow.config_settings.config_args)
    SETTINGS = check_settings(config)
    update_config(config, SETTINGS.dump())  # with ~ expanded in paths
    DATASETS = config["run"]["datasets"]
    # Here, since an error in a function of a rule is shown with its traceback.
    for dataset in DATASETS:
        check_paths(dataset)
except (InputError, OSError) as error:
    raise WorkflowError(str(explained(error) or error))

RESULTS = os.path.normpath(config["results"])
# What is trained: its name → the model's own name and the seed.
TRAINED = SETTINGS.trained_models()
MODELS = list(TRAINED)

# What a sequence of a given data set comes from decides which rules make its stores.
BUNDLES = [name for name, d in config["datasets"].items() if d["source"] in ("bundle", "simulated")]
# Bundles that come as an archive, and not as a folder of .mat files.
PACKED = [name for name in BUNDLES if not bundle_folder(config["datasets"][name])]
GENOMES = [name for name, d in config["datasets"].items() if d["source"] == "genome"]
SIMULATED = [name for name, d in config["datasets"].items() if d["source"] == "simulated"]

MODEL_FOLDER = [f"{RESULTS}/{{dataset}}/{{model}}/model/{name}" for name in MODEL_FILES]
DATA_FIGURES, EVALUATION_FIGURES, COMPARISON_FIGURES = (
    list(layout.FIGURES[stage]) for stage in ("describe", "evaluate", "compare")
)
EXPLANATION, DISCOVERY = (
    [*layout.FILES[stage], *layout.DIRECTORIES[stage]] for stage in ("explain", "motifs")
)


def one_of(names):
    """Regular expression that matches just these names, or nothing if there are none."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


wildcard_constraints:
    dataset=one_of(config["datasets"]),
    model=one_of([*config["models"], *MODELS]),
    split=one_of(SPLITS),
    format=one_of(FORMATS),


def workflow_path(path):
    """A file of the pipeline: from the working directory where it lies in there, else absolute.

    A moved checkout with its results then has the same inputs as before, and the prefix of an
    importing workflow, which is put before what is relative, does not mislead it.
    """
    inside = Path(BASE) == Path.cwd() and workflow.basedir == BASE
    path = str(Path(path).relative_to(BASE) if inside else path)
    # Where results lie in a bucket, code still comes with the workflow.
    return local(path) if workflow.storage_settings.default_storage_provider else path


def code(stage):
    """A stage's script and every module that it uses: edited, the stage runs again."""
    return [
        workflow_path(path) for path in source_files(Path(BASE, "scripts", f"{stage}.py"), BASE)
    ]


def reported(output, category, **options):
    """An output that `snakemake --report` shows, with the caption of its category."""
    caption = Path(BASE, "rules", "captions", f"{category.lower()}.rst")
    return report(output, caption=str(caption), category=category, **options)


def figure(stem, category):
    """The files of a figure, one a format, of which a report shows the first."""
    name = Path(stem).name.replace("_", " ")
    labels = {"data set": "{dataset}", "model": "{model}"}
    labels = {label: of for label, of in labels.items() if of in stem} | {"figure": name}
    first, *others = [f"{RESULTS}/{stem}.{format}" for format in FORMATS]
    return [reported(first, category, labels=labels), *others]


def outputs_of(stage, category=None):
    """All outputs of a stage; in the report, the first format of its figures has a category."""
    folder = layout.FOLDERS[stage]
    made = [f"{RESULTS}/{path}" for path in layout.files(stage, folder)]
    for stem in layout.FIGURES.get(stage, ()):
        made += figure(f"{folder}/figures/{stem}", category)
    return made


def path_of(stage, name):
    """One of the files of a stage."""
    assert name in layout.FILES[stage], f"{name} is no file of the stage {stage} in layout.py"
    return f"{RESULTS}/{layout.FOLDERS[stage]}/{name}"


def log_of(stage):
    """The log of a stage."""
    return f"{RESULTS}/{layout.log(stage)}"


def dataset_key(key):
    """A function that gives a rule one key of its data set's configuration."""
    return lambda wildcards: config["datasets"][wildcards.dataset][key]


def optional_dataset_keys(*keys):
    """A function that gives a rule those of some keys that its data set's configuration has."""

    def found(wildcards):
        own = config["datasets"][wildcards.dataset]
        return {key: own[key] for key in keys if key in own}

    return found


def fetched(dataset):
    """Files that are fetched for a data set: file name → its entry in the configuration."""
    files = downloads(config["datasets"][dataset])
    if dataset in SIMULATED:
        return {"bundle.tar.gz": {"url": f"{RESULTS}/{dataset}/simulated/bundle.tar.gz"}} | files
    return files


def published(dataset):
    """The first URL of each fetched file, without secrets, which says which file it is.

    The others are other ways to the same file: to add one runs nothing anew.
    """
    return {name: redacted(urls(entry)[0]) for name, entry in fetched(dataset).items()}


def published_rows(wildcards):
    """Where each file comes from that the rows do, as stores say it; motifs are not among them."""
    motifs = config["datasets"][wildcards.dataset].get("motifs")
    return {
        name: shareable(url)
        for name, url in published(wildcards.dataset).items()
        if not motifs or name != file_name(motifs)
    }


def raw(dataset, entry):
    """Where the file of an entry is fetched to."""
    return f"{RESULTS}/{dataset}/raw/{file_name(entry)}"


def mat_of(dataset, split):
    """The .mat file of a split: unpacked, or in a folder that stands for the archive."""
    try:
        found = mat_file(config["datasets"][dataset], split)
    except InputError as error:
        raise WorkflowError(str(error))
    return str(found or f"{RESULTS}/{dataset}/raw/{split}.mat")


def bundle_url(wildcards):
    """Where a bundle comes from, without secrets; of a local folder its name."""
    folder = bundle_folder(config["datasets"][wildcards.dataset])
    return folder.resolve().name if folder else next(iter(published_rows(wildcards).values()))


def archive_of(wildcards):
    """The fetched archive of a data set in the format of the bundle; none of a folder."""
    if bundle_folder(config["datasets"][wildcards.dataset]):
        return []
    if wildcards.dataset in SIMULATED:
        return [raw(wildcards.dataset, {"url": "bundle.tar.gz"})]
    return [raw(wildcards.dataset, config["datasets"][wildcards.dataset]["archive"])]


def named_model(wildcards):
    """A model's name in the configuration, and its seed."""
    return TRAINED.get(wildcards.model, (wildcards.model, config["seed"]))


def training_settings(wildcards):
    """What decides the weights of a model."""
    return SETTINGS.training_of(named_model(wildcards)[0]).dump()


def training_nodes(wildcards):
    """Machines that share a training."""
    return training_settings(wildcards)["num_nodes"]


def training_devices(wildcards):
    """Processes of a machine that share a training, each with a device of its own."""
    devices = training_settings(wildcards)["devices"]
    return 1 if devices == "auto" else devices


def training_tasks(wildcards):
    """Processes that share a training, on all machines."""
    return training_devices(wildcards) * training_nodes(wildcards)


def scale_with_attempt(first):
    """A resource that an attempt after a failed one gets more of."""
    return lambda wildcards, attempt: first * attempt


def motifs_of_dataset(wildcards):
    """The motifs that are known of a data set's targets, where there are any."""
    if wildcards.dataset in SIMULATED:
        return f"{RESULTS}/{wildcards.dataset}/simulated/motifs.meme"
    motifs = config["datasets"][wildcards.dataset].get("motifs")
    return raw(wildcards.dataset, motifs) if motifs else []


def initial_motifs(wildcards):
    """The motifs that a model starts from, where it does."""
    if config["models"][named_model(wildcards)[0]].get("motifs"):
        return motifs_of_dataset(wildcards)
    return []


def simulated_source(wildcards):
    """What must be simulated before it can be fetched."""
    if wildcards.dataset in SIMULATED and wildcards.file == "bundle.tar.gz":
        return f"{RESULTS}/{wildcards.dataset}/simulated/bundle.tar.gz"
    return []


def target_table(wildcards):
    """The table that names the label columns of a bundle."""
    if wildcards.dataset in SIMULATED:
        return f"{RESULTS}/{wildcards.dataset}/simulated/targets.tsv"
    table = config["datasets"][wildcards.dataset]["targets"]
    shipped = Path(BASE, table)
    # A table that ships with the pipeline is found from any working directory.
    return workflow_path(shipped) if shipped.exists() and not Path(table).exists() else table


def planted_truth(wildcards):
    """The ground truth for Grad-CAM, where there is one."""
    if wildcards.dataset in SIMULATED:
        return f"{RESULTS}/{wildcards.dataset}/simulated/truth.tsv"
    return []


def explained_fasta(wildcards):
    """The FASTA file of sequences to explain, where one is named."""
    sequences = config["explain"]["sequences"]
    return sequences if isinstance(sequences, str) and sequences != "positives" else []


def genome_inputs(wildcards):
    """What a genome's stores are built from."""
    settings = config["datasets"][wildcards.dataset]
    peaks = settings["peaks"]
    files = {"fasta": raw(wildcards.dataset, settings["fasta"])}
    if "archive" in peaks:
        files["peaks"] = raw(wildcards.dataset, peaks["archive"])
    else:
        files["peaks"] = peak_files(wildcards.dataset)
    if settings["exclude"]:
        files["exclude"] = settings["exclude"]
    return files


def of_datasets(pattern, datasets=DATASETS, **wildcards):
    """A path for each data set that is run."""
    return expand(f"{RESULTS}/{{dataset}}/{pattern}", dataset=datasets, **wildcards)


def of_models(pattern, **wildcards):
    """A path for each model on each data set that is run."""
    return of_datasets(f"{{model}}/{pattern}", model=MODELS, **wildcards)


# Data set, model and seed of each training, in the order of `of_models`.
SWEEP = [(dataset, *TRAINED[model]) for dataset in DATASETS for model in MODELS]


# Sources of the data sets that a stage works on, where these are not all.
SOURCES = {
    "simulate": ["simulated"],
    "unpack": ["bundle", "simulated"],
}


UNPACKED = [mat_of(name, split) for name in DATASETS if name in BUNDLES for split in SPLITS]


def deliverables(stage):
    """Every output of a stage for all data sets and models that are run."""
    datasets = [
        name
        for name in DATASETS
        if config["datasets"][name]["source"]
        in SOURCES.get(stage, ("bundle", "genome", "simulated"))
    ]
    wildcards = {"dataset": datasets, "model": MODELS, "split": SPLITS}
    return [
        path
        for pattern in layout.outputs(stage)
        for path in expand(f"{RESULTS}/{pattern}", **wildcards)
    ]


# Stage → the files that a user asks for by its name.
DELIVERABLES = {stage: deliverables(stage) for stage in layout.FOLDERS if stage != "fetch"} | {
    "fetch": [raw(dataset, entry) for dataset in DATASETS for entry in fetched(dataset).values()]
    or UNPACKED,  # of folders alone
    "unpack": UNPACKED,
    # The stores of a bundle or of a genome: either name stands for those of every data set.
    "convert": deliverables("tile"),
}


def target_files(stage):
    """A function that gives a stage's target its files, or says why there are none."""

    def files(wildcards):
        if DELIVERABLES[stage]:
            return DELIVERABLES[stage]
        sources = [f"{name} (source: {config['datasets'][name]['source']})" for name in DATASETS]
        raise WorkflowError(
            str(
                InputError(
                    "configuration, key run.datasets",
                    ", ".join(sources),
                    f"a data set of source {' or '.join(SOURCES[stage])} for the stage '{stage}'",
                    "Add one, or ask for another stage: `convert` makes the stores of any source.",
                )
            )
        )

    return files


# What a run without a target makes: the final results, and none of the intermediate files.
FINAL_STAGES = [
    *("report", "describe", "train", "plot_training", "predict", "evaluate", "compare"),
    *(["sweep"] if config["run"]["seeds"] else []),
    *("explain", "motifs"),
]


# Folders that every job writes into, and those of all results.
LOGS = [RESULTS, *of_datasets("logs"), *of_models("logs")]
FOLDERS = {Path(path).parent for paths in DELIVERABLES.values() for path in paths}
# Here, since Snakemake fails on them while it looks for files.
try:
    check_folders([*FOLDERS, *LOGS])
except InputError as error:
    raise WorkflowError(str(error))


def begin():
    """Hold the folder of a run, and say at once where results cannot be written."""
    try:
        check_folders(LOGS, writable=True)
        hold()
    except (InputError, OSError) as error:
        raise WorkflowError(str(explained(error) or error))


def tell_who_holds():
    """Tell a second run in a folder whose the lock is, before Snakemake refuses it."""
    told = held() if workflow.is_main_process else None
    if told:
        print(told, file=sys.stderr)


def tidy_up():
    """Remove the state of trainings and predictions whose results have been accepted.

    Snakemake deletes results that it does not accept; from the state they are written again.
    """
    for metrics in of_models("training/metrics.csv"):
        state = Path(metrics).with_name(UNFINISHED)
        if Path(metrics).exists() and Path(state, FINISHED).exists():
            discard(state)
    # Snakemake deletes outdated predictions before it runs the rule again.
    for predictions in of_models("predictions.h5"):
        if Path(predictions).exists():
            discard(f"{predictions}.{UNFINISHED}")


def announce_reports():
    """Tell where the reports are, once all has run."""
    for path in DELIVERABLES["report"]:
        if Path(path).exists():
            print(f"Report: {Path(path).absolute()}", file=sys.stderr)
