# Shared by the rules: the checked configuration, input functions, and the paths of outputs.

import os
from copy import deepcopy
from functools import cache
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.io import contains_wildcard
from snakemake.utils import min_version, update_config

min_version("9.27")


from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.files import discard, sha256
from noncoding.common.locks import hold, release, remove_stale
from noncoding.common.provenance import source_files
from noncoding.common.redaction import redacted, shareable
from noncoding.common.stage_logging import FOLLOWED
from noncoding.common.system_errors import as_input_error
from noncoding.common.wording import counted
from noncoding.data.genome.peak_table import read_peak_table, table_downloads
from noncoding.data.genome.peaks import peak_paths
from noncoding.layout import SPLITS
from noncoding.settings.config import check_settings
from noncoding.settings.genome import GenomeDataset, PeakFolder, PeakTable, Splits
from noncoding.settings.downloads import (
    bed_files,
    bundle_folder,
    downloads,
    file_name,
    is_fetched,
    mat_file,
    names_of_downloads,
    urls,
)
from noncoding.settings.folders import check_folders
from noncoding.settings.inheritance import with_inherited
from noncoding.settings.train import RuntimeOptions
from noncoding.settings.yaml_types import check_files, retype

# On another machine, a stage also writes to the terminal, for the log of the cluster.
if not workflow.is_main_process:
    os.environ.pop(FOLLOWED, None)


def shipped(table):
    """Path of a table; one that ships with the pipeline is found from any working directory."""
    given = Path(table).is_absolute() or Path(table).exists()
    return table if given or not has_file(table) else workflow_path(workflow_file(table))


def with_found_tables():
    """The configuration with the paths of tables that ship with the pipeline, for estimates."""
    found = deepcopy(config)
    for dataset in map(found["datasets"].get, DATASETS):
        for section, key in ((dataset, "targets"), (dataset.get("peaks"), "table")):
            if section and section.get(key):
                section[key] = str(shipped(section[key]))
    return found


def peak_table(dataset):
    """The table of a data set's peak files, if there is one and no other rule has to make it."""
    peaks = getattr(SETTINGS.datasets[dataset], "peaks", None)
    table = shipped(peaks.table) if isinstance(peaks, PeakTable) else None
    return table if table and Path(table).exists() else None


@cache
def peak_files(dataset):
    """Peak files of a data set and the table that lists them, unless they are in an archive."""
    peaks = getattr(SETTINGS.datasets[dataset], "peaks", None)
    if isinstance(peaks, PeakTable):
        table = peak_table(dataset)
        if not table:
            return [peaks.table]  # its content is not known yet
        # The path as it is: Snakemake knows files of this workflow by more than their names.
        files = map(str, peak_paths(PeakTable(table=str(table)), raw_folder(dataset)))
        return [table if path == table else path for path in files]
    if isinstance(peaks, PeakFolder):
        return [str(path) for path in peak_paths(peaks, raw_folder(dataset))]
    return []


def check_paths(dataset):
    """Refuse input files whose names contain what Snakemake takes for wildcards."""
    settings = config["datasets"][dataset]
    given = [settings.get("targets"), config["explain"]["sequences"]]
    given += fetched(dataset)
    given += [urls(entry)[0] for entry in bed_files(settings).values() if not is_fetched(entry)]
    for entry in (*SETTINGS.apply.regions.values(), *SETTINGS.apply.variants.values()):
        given += entry.files().values()
    folder = bundle_folder(settings)
    if folder:
        given += [str(mat_file(settings, split)) for split in SPLITS]
        if Path(config["results"]).resolve() in (folder.resolve(), *folder.resolve().parents):
            raise InputError(
                f"configuration, key datasets.{dataset}.archive.url",
                f"the folder {folder}, which is within the results",
                "a folder of .mat files elsewhere, since those within the results are deleted",
                "Move the files to another folder.",
            )
    for path in [*given, *peak_files(dataset)]:
        if isinstance(path, str) and contains_wildcard(path):
            raise InputError(
                path,
                "a name with braces",
                "a path without '{' and '}', which Snakemake takes for a wildcard",
                "Rename the file or folder, or make a link with another name.",
            )


# What an importing workflow configures overrides the defaults, as with --configfile.
if workflow.basedir != str(SOURCE):
    defaults = load_configfile(workflow_file("config.yaml"))
    update_config(defaults, config)
    config.update(defaults)

try:
    check_files(workflow.configfiles)
    retype(config, workflow.config_settings.config_args)
    config.update(with_inherited(config))
    SETTINGS = check_settings(config)
    update_config(config, SETTINGS.dump())  # with ~ expanded in paths
    DATASETS = SETTINGS.datasets_to_run()
    config["run"].update(datasets=DATASETS, models=SETTINGS.models_to_run())
except (InputError, OSError) as error:
    raise WorkflowError(str(as_input_error(error) or error))

RESULTS = os.path.normpath(SETTINGS.results)
# The folder with the package.
PACKAGE = Path(BASE) if BASE else Path(layout.__file__).parents[1]
# Name of each trained model → its name in the configuration, and its seed.
TRAINED = SETTINGS.trained_models()
# Name of each ensemble → its members, which are trained models, and what is averaged.
ENSEMBLES = SETTINGS.ensembles()
# Models that are evaluated: trained models, then ensembles.
MODELS = list(SETTINGS.evaluated_models())


def from_source(*sources):
    """Names of the data sets of some sources."""
    return [name for name, dataset in SETTINGS.datasets.items() if dataset.source in sources]


BUNDLES = from_source("bundle", "simulated")
# Bundles that are archives, not folders of .mat files.
PACKED = [name for name in BUNDLES if not bundle_folder(config["datasets"][name])]
GENOMES = from_source("genome")
SIMULATED = from_source("simulated")
# Data sets whose models are also evaluated on all bins of the test chromosomes.
GENOME_WIDE = GENOMES if SETTINGS.evaluate.genome_wide else []


def one_of(names):
    """Regular expression that matches only these names, or nothing if there are none."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


wildcard_constraints:
    dataset=one_of(SETTINGS.datasets),
    model=one_of([*SETTINGS.models, *TRAINED, *ENSEMBLES]),
    split=one_of(SPLITS),


def workflow_path(path):
    """A file of the pipeline: relative to the working directory if it is below it, else absolute.

    A moved checkout with its results then has the same inputs, and the prefix of an importing
    workflow, which is added to relative paths, is not added to the code.
    """
    if not BASE:
        return path
    inside = BASE == workflow.basedir == os.getcwd()
    path = str(Path(path).relative_to(BASE) if inside else path)
    # With results in object storage, the code is still local.
    return local(path) if workflow.storage_settings.default_storage_provider else path


def own_file(path):
    """A file that the user gives: with results in object storage, local if it is there."""
    result = Path(path).is_relative_to(RESULTS)
    stored = workflow.storage_settings.default_storage_provider
    return local(path) if stored and not result and Path(path).exists() else path


@cache
def digest_of(path):
    """Path of a module in the package, and digest of the file."""
    return f"{Path(path).relative_to(PACKAGE)} {sha256(path)}"


def code(stage):
    """Parameters of a rule: its script, all modules that the script imports, and templates.

    If one is edited, the stage runs again. As inputs, they would fill the output of Snakemake.
    """
    name = f"scripts/{stage}.py"
    script, *files = source_files(workflow_file(name), PACKAGE)
    if stage == "report":
        parts = sorted(Path(PACKAGE, "noncoding", "report").rglob("*"))
        files += [path for path in parts if path.suffix in (".html", ".css", ".js")]
    return [f"{name} {sha256(script)}", *map(digest_of, files)]


def path_of(stage, name):
    """A file of a stage."""
    assert name in layout.FILES[stage], f"{name} is no file of the stage {stage} in layout.py"
    return f"{RESULTS}/{layout.FOLDERS[stage]}/{name}"


def store_of(split):
    """The store of a split."""
    return path_of("tile", f"{split}.h5")


def log_of(stage):
    """The log of a stage."""
    return f"{RESULTS}/{layout.log(stage)}"


def benchmark_of(stage):
    """The run time of a job of a stage."""
    return f"{RESULTS}/{layout.benchmark(stage)}"


def reported(output, category, **options):
    """An output for `snakemake --report`, with the caption of its category."""
    # Relative to the file of the rule.
    caption = f"captions/{category.lower()}.rst"
    return report(output, caption=caption, category=category, **options)


def outputs_of(stage, category=None):
    """All outputs of a stage; the report shows its figures in a category."""
    folder = f"{RESULTS}/{layout.FOLDERS[stage]}"
    labels = {"data set": "{dataset}", "model": "{model}", "variants": "{name}"}
    inside = f"{folder} {layout.FILES[stage]}"
    labels = {label: wildcard for label, wildcard in labels.items() if wildcard in inside}
    made = [f"{folder}/{name}" for name in layout.FILES[stage]]
    for name in layout.DIRECTORIES.get(stage, ()):
        made.append(directory(f"{folder}/{name}"))
        if category and name != layout.TRACKS:
            labels["figure"] = "{figure}"
            made[-1] = reported(made[-1], category, labels=labels, patterns=["{figure}.svg"])
    for name, paths in zip(layout.FIGURES.get(stage, ()), layout.figures(stage, folder)):
        labels["figure"] = name.replace("_", " ")
        first, *others = map(str, paths)
        made += [reported(first, category, labels=dict(labels)), *others]
    return made


EXPORTED_MODEL = [path_of("train", f"model/{name}") for name in layout.LOADED_FILES]


def models_of(stage):
    """Models of which a stage has results."""
    if stage in ("train", "plot_training"):
        return list(TRAINED)
    return list(ENSEMBLES) if stage == "ensemble" else MODELS


def on_page(stage):
    """Models of which the page shows results of a stage."""
    return [model for model in models_of(stage) if model in MODELS]


def models_of_ensemble(wildcards):
    """Files of the members of an ensemble."""
    members = ENSEMBLES[wildcards.model].members
    return expand(EXPORTED_MODEL, dataset=wildcards.dataset, model=members)


def unread_files(stage):
    """Further files of a stage, which object storage receives only if they are outputs."""
    if not workflow.storage_settings.default_storage_provider:
        return []
    return [f"{RESULTS}/{layout.FOLDERS[stage]}/{name}" for name in layout.UNREAD_FILES[stage]]


def scale_with_attempt(first):
    """A resource that grows with each attempt."""
    return lambda wildcards, attempt: first * attempt


@cache
def fetched(dataset):
    """Files that are fetched for a data set: file name → its entry in the configuration."""
    settings = config["datasets"][dataset]
    files = downloads(settings)
    if dataset in SIMULATED:
        archive = path_of("simulate", "bundle.tar.gz").format(dataset=dataset)
        return {"bundle.tar.gz": {"url": archive}} | files
    return files | fetched_peaks(dataset)


@cache
def fetched_peaks(dataset):
    """Of the fetched files, those that a table of peak files lists by URL."""
    # Tables of data sets that are not run may not be there.
    table = peak_table(dataset) if dataset in DATASETS else None
    taken = names_of_downloads(config["datasets"][dataset])
    return table_downloads(read_peak_table(table), taken) if table else {}


def raw_folder(dataset):
    """The folder into which files of a data set are fetched."""
    return os.path.dirname(path_of("fetch", "{file}")).format(dataset=dataset)


def raw(dataset, entry):
    """Where the file of an entry is fetched to."""
    return f"{raw_folder(dataset)}/{file_name(entry)}"


try:
    # An error in an input function would be shown with its traceback.
    for dataset in DATASETS:
        check_paths(dataset)
except (InputError, OSError) as error:
    raise WorkflowError(str(as_input_error(error) or error))


@cache
def published(dataset):
    """The first URL of each fetched file, without secrets: it identifies the file.

    Further URLs are other sources of the same file; adding one triggers no rerun.
    """
    return {name: redacted(urls(entry)[0]) for name, entry in fetched(dataset).items()}


def published_data(wildcards):
    """URLs of the files from which stores are made, for their headers; motifs are not used.

    A table of peak files, which may have hundreds of URLs, is named in place of them.
    """
    settings, found = config["datasets"][wildcards.dataset], published(wildcards.dataset)
    unused = {file_name(settings["motifs"])} if settings.get("motifs") else set()
    unused |= fetched_peaks(wildcards.dataset).keys()
    data = {name: shareable(url) for name, url in found.items() if name not in unused}
    table = settings.get("peaks", {}).get("table")
    return data | ({"peaks.table": Path(table).name} if table else {})


def addresses(wildcards, resources):
    """Addresses of a download in the order in which they are tried."""
    return urls(fetched(wildcards.dataset)[wildcards.file])


def simulated_source(wildcards):
    """The simulated archive, if it is the file to be fetched."""
    simulated = wildcards.dataset in SIMULATED and wildcards.file == "bundle.tar.gz"
    return path_of("simulate", "bundle.tar.gz") if simulated else []


def check_sources():
    """Refuse a run with files that cannot be had, before its first job.

    `onstart` runs once, in the process of the user, after Snakemake has decided which jobs to run,
    and not in a dry run. A job that only checks would be an input of all downloads, and its own
    output would trigger them again; input functions are also called for files that are there.
    """
    # Not imported by the process of each job.
    from noncoding.data.download.availability import WantedFile, check_available

    planned = {
        (job.wildcards.dataset, job.wildcards.file)
        for job in workflow.dag.needrun_jobs()
        if job.rule.name == "fetch_file" and not (simulated_source(job.wildcards) or is_cached(job))
    }
    wanted = [
        WantedFile(f"{name} ({dataset})", tuple(urls(entry)), config["mirror"])
        for dataset in config["datasets"]
        for name, entry in fetched(dataset).items()
        if (dataset, name) in planned and not workflow.touch
    ]
    if wanted:
        logger.info(f"Checking that {counted(len(wanted), 'file')} can be fetched")
    for message in check_available(wanted):
        logger.warning(message)


def is_cached(job):
    """Whether the output of a job comes from the cache of Snakemake (`--cache`)."""
    if workflow.workflow_settings.cache is None or not job.rule.cache.output:
        return False
    return workflow.async_run(job.rule.cache.exists(job))


def mat_of(dataset, split):
    """The .mat file of a split: unpacked, or in a local folder."""
    try:
        found = mat_file(config["datasets"][dataset], split)
    except InputError as error:
        raise WorkflowError(str(error))
    if found:
        return own_file(str(found))
    return path_of("unpack", f"{split}.mat").format(dataset=dataset)


def archive_of(wildcards):
    """The fetched archive of a bundle; nothing for a local folder."""
    settings = config["datasets"][wildcards.dataset]
    if bundle_folder(settings):
        return []
    return [raw(wildcards.dataset, settings.get("archive", {"url": "bundle.tar.gz"}))]


def archive_digest(wildcards):
    """The file with the digest of a bundle's archive; nothing for a local folder."""
    return path_of("unpack", layout.ARCHIVE_DIGEST) if wildcards.dataset in PACKED else []


def bundle_url(wildcards):
    """The URL of a bundle without secrets, or the name of its local folder."""
    folder = bundle_folder(config["datasets"][wildcards.dataset])
    return folder.resolve().name if folder else next(iter(published_data(wildcards).values()))


def target_table(wildcards):
    """The table of the targets of a bundle."""
    if wildcards.dataset in SIMULATED:
        return path_of("simulate", layout.TARGETS)
    return own_file(shipped(config["datasets"][wildcards.dataset]["targets"]))


def given_bed(dataset, entry):
    """Path of a BED file: where it is fetched to, or the local file itself."""
    return raw(dataset, entry) if is_fetched(entry) else urls(entry)[0]


def genome_inputs(wildcards):
    """The files from which the stores of a genome are made."""
    settings = config["datasets"][wildcards.dataset]
    archive = settings["peaks"].get("archive")
    peaks = [raw(wildcards.dataset, archive)] if archive else peak_files(wildcards.dataset)
    beds = [given_bed(wildcards.dataset, entry) for entry in bed_files(settings).values()]
    return {
        "fasta": raw(wildcards.dataset, settings["fasta"]),
        "peaks": list(map(own_file, peaks)),
        "beds": list(map(own_file, beds)),
    }


def genome_wide_results(wildcards):
    """Results on all bins of the test chromosomes of all models, if there are any."""
    if wildcards.dataset not in GENOME_WIDE:
        return []
    outputs = [f"{RESULTS}/{output}" for output in layout.outputs("evaluate_genome_wide")]
    return expand(outputs, dataset=wildcards.dataset, model=MODELS)


def without_defaults(section, given):
    """The keys of a section that differ from their defaults."""
    defaults = {
        key: field.get_default(call_default_factory=True)
        for key, field in section.model_fields.items()
    }
    return {key: value for key, value in given.items() if value != defaults[key]}


def changed_from_default(settings):
    """Settings of a genome that decide its stores; a default that is written out is none.

    The stage would otherwise run again although nothing changes.
    """
    own = without_defaults(GenomeDataset, settings)
    own = {key: value for key, value in own.items() if key not in ("motifs", "disk_gib")}
    if not own.get("exclude"):
        own.pop("exclude", None)
    if own.get("verify") is False:  # YAML reads off as false
        own.pop("verify")
    if own.get("splits"):
        own["splits"] = without_defaults(Splits, own["splits"])
    return own


def genome_settings(wildcards):
    """Settings of a genome without those of downloads and of other stages.

    Addresses are those of the files that the stage reads.
    """
    settings = config["datasets"][wildcards.dataset]
    kept = changed_from_default(settings)
    kept["fasta"] = {"url": raw(wildcards.dataset, settings["fasta"])}
    if archive := settings["peaks"].get("archive"):
        kept["peaks"] = settings["peaks"] | {"archive": {"url": raw(wildcards.dataset, archive)}}

    def read(entry):
        return {"url": given_bed(wildcards.dataset, entry)}

    for name, split in (settings.get("splits") or {}).items():
        if isinstance(split, dict) and "bed" in split:
            kept["splits"] = kept["splits"] | {name: {"bed": read(split["bed"])}}
    if isinstance(settings.get("bins"), dict) and "file" in settings["bins"]:
        kept["bins"] = {"file": read(settings["bins"]["file"])}
    if settings.get("exclude"):
        kept["exclude"] = [read(entry) for entry in settings["exclude"]]
    return kept


def trained(wildcards):
    """Name in the configuration and seed of a trained model."""
    return TRAINED.get(wildcards.model, (wildcards.model, SETTINGS.seed))


def training_settings(wildcards):
    """The settings that decide the weights of a model."""
    return SETTINGS.training_of(trained(wildcards)[0])


def training_devices(wildcards):
    """Processes per machine of a distributed training, each with its own device."""
    devices = training_settings(wildcards).devices
    return 1 if devices == "auto" else devices


def training_tasks(wildcards):
    """Processes of a distributed training on all machines."""
    return training_devices(wildcards) * training_settings(wildcards).num_nodes


# Memory that a training may need, in MB.
TRAINING_MB = 16000


@cache
def trainings_at_once():
    """Trainings that share the cores of this machine: several if it has no GPU, else one.

    The threads of a training wait for each other, so that several trainings with one thread each
    are faster than one after the other with all threads. On a cluster, each training has its own
    allocation.
    """
    trainings = len(DATASETS) * len(TRAINED)
    if trainings < 2 or workflow.dryrun or workflow.remote_exec or not workflow.local_exec:
        return 1
    # Imports torch.
    from noncoding.training.estimate import has_gpu

    if has_gpu():
        return 1
    memory = workflow.global_resources.get("mem_mb")
    fitting = memory.value // TRAINING_MB if memory and memory.value else trainings
    return max(1, min(trainings, workflow.cores, fitting))


def shares_cores(wildcards):
    """Whether a training runs beside others; not one that these start from."""
    return wildcards.dataset in DATASETS and wildcards.model in TRAINED and trainings_at_once() > 1


def training_threads(wildcards):
    """Threads of a training; no more than there are cores."""
    return min(16, workflow.cores // trainings_at_once()) if shares_cores(wildcards) else 16


def training_gpus(wildcards):
    """GPUs that a training waits for; none where several share the cores."""
    return 0 if shares_cores(wildcards) else training_tasks(wildcards)


def known_motifs(wildcards):
    """Known motifs of a data set's targets, if there are any."""
    if wildcards.dataset in SIMULATED:
        return path_of("simulate", "motifs.meme")
    motifs = config["datasets"][wildcards.dataset].get("motifs")
    return raw(wildcards.dataset, motifs) if motifs else []


def initial_motifs(wildcards):
    """The motifs from which a model is initialised, if it is."""
    model = config["models"][trained(wildcards)[0]]
    return known_motifs(wildcards) if model.get("motifs") else []


def given_model(model):
    """The key that names the trained model that one starts from or learns from, and its value."""
    entry = SETTINGS.models[model]
    keys = [key for key in ("start_from", "teacher") if getattr(entry, key, None)]
    return (keys[0], getattr(entry, keys[0])) if keys else None


@cache
def given_folder(model):
    """The folder of the trained model that one starts from or learns from.

    Returns
    -------
    tuple
        The folder, and the data set and the model that this workflow trains into it, or None.
    """
    # Not imported by runs without such a model.
    from noncoding.models.earlier_model import an_ensemble, check_pinned
    from noncoding.models.shipped import SHIPPED, model_folder

    key, given = given_model(model)
    for dataset in SETTINGS.datasets:
        for name in dict.fromkeys([*SETTINGS.models, *TRAINED, *ENSEMBLES]):
            folder = str(Path(EXPORTED_MODEL[0]).parent).format(dataset=dataset, model=name)
            made = (os.path.abspath(folder), os.path.abspath(os.path.dirname(folder)))
            if os.path.abspath(given) in made:
                if name in ENSEMBLES and key == "start_from":
                    raise an_ensemble(given)
                return folder, (dataset, name)
    check_pinned(given)
    folder = model_folder(os.path.normpath(given) if "/" in given else given)
    if BASE and folder.is_relative_to(SHIPPED):
        # As in the checkout, also where another one is installed.
        return workflow_path(Path(BASE, "noncoding", "shipped", folder.name)), None
    return str(folder), None


def check_given_models():
    """Refuse models that cannot start from or learn from the given one, before any job."""
    windows = {name: SETTINGS.datasets[name].window for name in DATASETS}
    for name in TO_TRAIN:
        if given_model(name):
            key = f"configuration, key models.{name}.{given_model(name)[0]}"
            own = {each for each, of in TRAINED.items() if of.model == name} | {name}
            check_given_model(name, key, windows, {(each, of) for each in windows for of in own})


def check_given_model(model, key, windows, descendants):
    """Refuse a chain of given models with other windows, or with a cycle.

    Parameters
    ----------
    model : str
    key : str
        Configuration key of the first model of the chain, for messages.
    windows : dict of int
        Data set on which the model is trained → its window in bp.
    descendants : set of tuple
        Data sets and models that depend on it.
    """
    from noncoding.models.earlier_model import check_earlier_model, check_window

    try:
        folder, trained_here = given_folder(model)
    except InputError as error:
        raise InputError(key, *(error.args[1:])) from None
    if contains_wildcard(folder):
        raise InputError(
            key,
            f"the folder {folder}, whose name has braces",
            "a path without '{' and '}', which Snakemake takes for a wildcard",
            "Rename the folder, or make a link with another name.",
        )
    if trained_here is None:
        ensembles = given_model(model)[0] == "teacher"
        check_earlier_model(folder, windows, ensembles=ensembles)
        return
    dataset, made = trained_here
    own = SETTINGS.datasets[dataset].window
    for other, window in windows.items():
        check_window(key, own, other, window)
    for name in ENSEMBLES[made].members if made in ENSEMBLES else [made]:
        if (dataset, name) in descendants:
            raise InputError(
                key,
                f"the model '{name}' of the data set '{dataset}', which itself depends on this one",
                "a model that is trained before",
                "Name another model.",
            )
        earlier = TRAINED[name].model if name in TRAINED else name
        if given_model(earlier):
            check_given_model(earlier, key, {dataset: own}, descendants | {(dataset, name)})


# Entries of `models` that are trained, also as members of ensembles only.
TO_TRAIN = dict.fromkeys(of.model for of in TRAINED.values())
# Jobs read the same configuration; checking it again could ask the hub again.
if workflow.is_main_process and any(map(given_model, TO_TRAIN)):
    try:
        check_given_models()
    except (InputError, OSError) as error:
        raise WorkflowError(str(as_input_error(error) or error))


def files_of_given_model(key):
    """A function of the files of the trained model that a key of a model names, if it has it."""

    def files(wildcards):
        model = trained(wildcards)[0]
        if (given_model(model) or [None])[0] != key:
            return []
        folder, _ = given_folder(model)
        return [own_file(f"{folder}/{name}") for name in layout.LOADED_FILES]

    return files


def split_to_compare(wildcards):
    """The test split, if a given model may have been trained on its rows."""
    return store_of("test") if given_model(trained(wildcards)[0]) else []


def planted_motifs(wildcards):
    """Positions of planted motifs, if the data set is simulated."""
    return path_of("simulate", layout.TRUTH) if wildcards.dataset in SIMULATED else []


def explained_fasta(wildcards):
    """The FASTA file of the sequences to explain, if there is one."""
    sequences = SETTINGS.explain.sequences
    given = isinstance(sequences, str) and sequences != "positives"
    return own_file(sequences) if given else []
