# What a user can ask for, and what happens before and after a run.

# Sources of the data sets of a stage, if it does not process all of them.
SOURCES = {"simulate": ("simulated",), "unpack": ("bundle", "simulated")}
UNPACKED = [mat_of(name, split) for name in DATASETS if name in BUNDLES for split in SPLITS]


def of_runs(pattern, datasets=DATASETS, models=MODELS):
    """A path for each data set, model and split that is run."""
    return expand(f"{RESULTS}/{pattern}", dataset=datasets, model=models, split=SPLITS)


def deliverables(stage):
    """All outputs of a stage for the data sets and models that are run."""
    sources = SOURCES.get(stage, ("bundle", "genome", "simulated"))
    datasets = [name for name in DATASETS if name in from_source(*sources)]
    if stage in layout.GENOME_WIDE_STAGES:
        datasets = [name for name in DATASETS if name in GENOME_WIDE]
    if stage in layout.APPLIED:
        return made_of_entries(stage)
    if stage == "sweep" and not SEEDED:
        return []
    patterns, models = layout.outputs(stage), models_of(stage)
    return [path for pattern in patterns for path in of_runs(pattern, datasets, models)]


# Stage → the files that a user asks for by its name.
DELIVERABLES = {stage: deliverables(stage) for stage in layout.FOLDERS if stage != "fetch"} | {
    "fetch": [raw(dataset, entry) for dataset in DATASETS for entry in fetched(dataset).values()]
    or UNPACKED,  # if all bundles are local folders
    "unpack": UNPACKED,
    # Stores of bundles and genomes: both names make those of all data sets.
    "convert": deliverables("tile"),
}
# What a run without a target makes: final results, no intermediate files.
FINAL_STAGES = [
    *("report", "describe", "train", "plot_training", "ensemble"),
    *("predict", "evaluate", "compare"),
    "evaluate_genome_wide",  # nothing, unless the setting is true
    *(["sweep"] if SETTINGS.run.seeds else []),
    *("explain", "motifs", *layout.APPLIED),
]


def missing(stage):
    """Why a stage has no files: a key of the configuration, what it is, should be, and a remedy."""
    if stage in layout.APPLIED:
        return (
            f"apply.{KINDS[stage]}",
            "no entry for the data sets and models that are run",
            f"at least one for the stage '{stage}'",
            "Add one; docs/configuration.md has an example.",
        )
    if stage in layout.GENOME_WIDE_STAGES:
        return (
            "evaluate.genome_wide",
            "false",
            f"true for the stage '{stage}'",
            "Set it to true, and run a data set of source genome.",
        )
    if stage == "ensemble":
        return (
            "run.ensembles",
            "no entry",
            "at least one for the stage 'ensemble'",
            "Add one, such as {best: [compact, hybrid]}.",
        )
    if stage == "sweep":
        return (
            "run.models",
            "no model, so that only ensembles are evaluated",
            "at least one for the stage 'sweep', which compares single models",
            "Add the members of the ensembles.",
        )
    return (
        "run.datasets",
        ", ".join(f"{name} (source: {SETTINGS.datasets[name].source})" for name in DATASETS),
        f"a data set of source {' or '.join(SOURCES[stage])} for the stage '{stage}'",
        "Add one, or ask for another stage: `convert` makes the stores of any source.",
    )


def target_files(stage):
    """A function that returns the files of a stage's target, or explains why there are none."""

    def files(wildcards):
        if DELIVERABLES[stage]:
            return DELIVERABLES[stage]
        key, *rest = missing(stage)
        raise WorkflowError(str(InputError(f"configuration, key {key}", *rest)))

    return files


# Every job writes into these folders.
ANY_MODEL = list(dict.fromkeys([*MODELS, *TRAINED]))
LOGS = [RESULTS, *of_runs("{dataset}/logs")]
LOGS += of_runs("{dataset}/{model}/logs", models=ANY_MODEL)
# Snakemake would fail on files in place of folders while it looks for outputs.
try:
    check_folders(
        {*LOGS, *(str(Path(path).parent) for paths in DELIVERABLES.values() for path in paths)}
    )
except InputError as error:
    raise WorkflowError(str(error))


def start_run():
    """Lock the folder of the run; check that results can be written and downloads can be had."""
    try:
        check_folders(LOGS, writable=True)
        hold(local=workflow.local_exec)
        check_sources()
    except (InputError, OSError) as error:
        release()
        raise WorkflowError(str(as_input_error(error) or error))


def end_run():
    """Release the lock, and remove the states of accepted trainings and predictions.

    Snakemake deletes results that it does not accept; they are written again from the state.
    """
    release()
    for metrics in of_runs("{dataset}/{model}/training/metrics.csv", models=list(TRAINED)):
        state = Path(metrics).with_name(layout.UNFINISHED)
        if Path(metrics).exists() and Path(state, layout.FINISHED).exists():
            discard(state)
    # Snakemake deletes outdated predictions before it runs the rule again.
    for predictions in DELIVERABLES["predict"] + DELIVERABLES["predict_genome_wide"]:
        if Path(predictions).exists():
            discard(f"{predictions}.{layout.UNFINISHED}")


def remove_stale_lock():
    """Remove the lock of a run that was killed, unless this is a dry run."""
    if workflow.is_main_process and not workflow.output_settings.dryrun:
        if message := remove_stale():
            logger.warning(message)


# The terminal shows the paths of the reports at the end of a run; `noncoding estimate` reads the
# configuration of a dry run.
logger.info(
    None,
    extra={
        "reports": DELIVERABLES["report"],
        "configuration": with_found_tables(),
        "directory": os.getcwd(),
    },
)
