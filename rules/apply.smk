# Shared by the rules that apply trained models to entries of `apply`.

KINDS = {"predict_regions": "regions", "score_variants": "variants"}


def entry_of(stage, wildcards):
    """The settings of an entry."""
    return getattr(SETTINGS.apply, KINDS[stage])[wildcards.name]


def rule_of_format(stage, format):
    """Name of the rule that writes a format."""
    return f"{stage}_{format.partition('.')[0]}"


def entries_of_format(stage, format):
    """Regular expression of the entries that are written in a format."""
    entries = getattr(SETTINGS.apply, KINDS[stage])
    return one_of([name for name, entry in entries.items() if entry.format == format])


def applied_outputs(stage, format, category=None):
    """The output of an entry in its format, then the other outputs of the stage."""
    main = [path_of_entry(stage, suffix) for suffix in layout.APPLIED[stage][format]]
    return [*(map(directory, main) if format == "bigwig" else main), *outputs_of(stage, category)]


def path_of_entry(stage, suffix):
    """An output of an entry, with wildcards."""
    return f"{RESULTS}/{layout.FOLDERS[stage]}/{{name}}{suffix}"


def applied_files(stage):
    """Input function of the files that an entry names: key → path."""

    def files(wildcards):
        entry = entry_of(stage, wildcards)
        found = entry.files()
        if entry.needs_genome and not entry.genome:
            settings = config["datasets"][wildcards.dataset]
            found["genome"] = raw(wildcards.dataset, settings["fasta"])
        if stage == "score_variants":  # They are only drawn.
            found["motifs"] = entry.plot and (entry.motifs or known_motifs(wildcards))
        return {key: own_file(path) for key, path in found.items() if path}

    return files


def applied_options(stage):
    """Function of a parameter: the options of an entry, but for its files."""
    return lambda wildcards: entry_of(stage, wildcards).options()


def background_seed(wildcards):
    """The seed of random variants, if there are any."""
    return SETTINGS.seed if entry_of("score_variants", wildcards).background else 0


def applications(dataset=None):
    """Stage, entry and model of what is applied on a data set, or on all that are run."""
    return [
        (stage, each)
        for stage, kind in KINDS.items()
        for each in SETTINGS.applications(kind)
        if dataset in (None, each.dataset)
    ]


def made_of_entries(stage):
    """All outputs of a stage for the entries, models and data sets that are run."""
    return [
        str(path).format(dataset=each.dataset, model=each.model, name=each.name)
        for of, each in applications()
        if of == stage
        for path in applied_outputs(stage, each.entry.format)
    ]


def applied_results(wildcards):
    """What the report of a data set shows of the entries: summaries, and folders of figures."""
    return [
        f"{RESULTS}/{output}".format(dataset=each.dataset, model=each.model, name=each.name)
        for stage, each in applications(wildcards.dataset)
        for output in layout.outputs(stage)
    ]


def applied_models(wildcards):
    """Stage, entry and model of what the report of a data set shows."""
    return [[stage, each.name, each.model] for stage, each in applications(wildcards.dataset)]


def applied_section(wildcards):
    """The section `apply` of the configuration with the entries of a data set, if there are any."""
    section = {kind: {} for kind in KINDS.values()}
    for stage, each in applications(wildcards.dataset):
        section[KINDS[stage]][each.name] = config["apply"][KINDS[stage]][each.name]
    return {"apply": section} if any(section.values()) else {}
