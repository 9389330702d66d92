"""The whole configuration: checked before anything runs, and what it trains."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError, model_validator

from noncoding.common.errors import did_you_mean, some_of
from noncoding.settings.apply import ApplySettings, Entry, RegionEntry, VariantEntry
from noncoding.settings.base import (
    HOME_EXPANDED,
    ONE,
    ONE_OR_SEVERAL,
    SEVERAL,
    UNIQUE,
    Matches,
    Name,
    PathOrUrl,
    Section,
    Seed,
    problem,
)
from noncoding.settings.baseline import BaselineSettings
from noncoding.settings.datasets import Dataset
from noncoding.settings.evaluate import EvaluateSettings
from noncoding.settings.explain import ExplainSettings
from noncoding.settings.inheritance import with_inherited
from noncoding.settings.messages import input_error
from noncoding.settings.models import HybridModel, Model
from noncoding.settings.motifs import MotifsSettings
from noncoding.settings.predict import PredictSettings
from noncoding.settings.train import LoadSettings, RuntimeOptions, TrainSection, TrainSettings

_Names = Annotated[list[str], Field(min_length=1), *UNIQUE]


def _not_reserved(names: Set[str], of: str) -> AfterValidator:
    def check(name: str) -> str:
        if name.lower() in names:  # Some file systems ignore case.
            raise problem(f"another name than {of}")
        return name

    return AfterValidator(check)


_DatasetName = Annotated[Name, _not_reserved({"sweep"}, "that of the folder of sweeps")]
_ModelName = Annotated[
    Name,
    _not_reserved(
        {"data", "raw", "simulated", "logs", "baseline", "compare", "report.html"},
        "those of the files and folders of a data set",
    ),
]


class Trained(NamedTuple):
    """What is trained under one name: a model of the configuration, and a seed."""

    model: str
    seed: int


class Averaged(NamedTuple):
    """An ensemble: the names of the trained models that are its members, and what is averaged."""

    members: tuple[str, ...]
    average: Literal["probabilities", "logits"]


class Application(NamedTuple):
    """An entry of ``apply.regions`` or ``apply.variants``, and a trained model to be applied."""

    name: str
    entry: RegionEntry | VariantEntry
    dataset: str
    model: str


DEFAULT_DATASET = "deepsea"
"""The data set of ``config.yaml``."""


class EnsembleSettings(Section):
    """An entry of ``run.ensembles``."""

    members: _Names = Field(
        description="Models by name: with `seeds`, those of all seeds of an entry of `models`, or "
        "of one seed, such as `compact-seed2`."
    )
    average: Literal["probabilities", "logits"] = Field(
        default="probabilities", description="What is averaged over the members."
    )


_Ensemble = Annotated[Annotated[_Names, SEVERAL] | Annotated[EnsembleSettings, ONE], ONE_OR_SEVERAL]


class RunSettings(Section):
    """What is run: each model on each data set."""

    datasets: _Names | None = Field(
        description="Names of entries of `datasets`; null for all that overlays add, or deepsea if "
        "they add none."
    )
    models: Annotated[list[str], *UNIQUE] | None = Field(
        description="Names of entries of `models`; null for hybrid on deepsea, else compact; empty "
        "for ensembles only."
    )
    seeds: Annotated[list[Seed], *UNIQUE] = Field(
        description="Every model is trained with each of these seeds; if empty, with `seed` only."
    )
    ensembles: dict[_ModelName, _Ensemble] = Field(
        default_factory=dict,
        description="Trained models that are averaged, by the name of the ensemble; a list of "
        "members, or a mapping.",
    )


class Settings(Section):
    """The whole configuration."""

    results: Annotated[
        str,
        Matches(
            r"(?!.*://)[^{}\x00-\x1f\x7f]+",
            "a folder whose name holds no braces or control characters, and no URL",
        ),
        *HOME_EXPANDED,
    ] = Field(description="Folder of all results.")
    mirror: PathOrUrl | None = Field(
        description="Folder or URL from which files of the same name are taken; null to download "
        "them."
    )
    run: RunSettings = Field(description="What is run: each model on each data set.")
    seed: Seed = Field(description="Seed of weights, row order, augmentation and simulation.")
    datasets: dict[_DatasetName, Dataset] = Field(description="Data sets by name.")
    models: dict[_ModelName, Model] = Field(description="Models by name.")
    load: LoadSettings = Field(description="How training rows are loaded.")
    train: TrainSection = Field(description="How models are trained.")
    predict: PredictSettings = Field(description="Predictions for the test split.")
    evaluate: EvaluateSettings = Field(description="Metrics on the test split.")
    baseline: BaselineSettings = Field(description="Baselines without a network.")
    explain: ExplainSettings = Field(description="Attributions of the models' predictions.")
    motifs: MotifsSettings = Field(description="Motif discovery, for the targets of `explain`.")
    apply: ApplySettings = Field(description="What trained models are applied to.")

    @model_validator(mode="after")
    def _check_ensembles(self) -> "Settings":
        known = [*self.models, *self._possible_trainings()]
        for name, (members, _) in self.ensembles().items():
            key = f"run.ensembles.{name}"
            if name in known:
                raise problem(
                    "a name that no model has",
                    "Give the ensemble another name.",
                    key=key,
                    found=f"an ensemble with the name of the model '{name}'",
                )
            for unknown in self._given_members(name):
                if unknown not in known:
                    raise problem(
                        f"one of {some_of(known, like=unknown)}",
                        did_you_mean(unknown, known)
                        or "Name entries of 'models', or of their trainings with 'run.seeds'.",
                        key=key,
                        found=repr(unknown),
                    )
            if len(set(members)) < len(members):
                twice = next(member for member in members if members.count(member) > 1)
                raise problem("no member twice", key=key, found=f"'{twice}' twice")
            if len(members) < 2:
                raise problem(
                    "at least two trained models",
                    "Add a member, or train the model with several seeds (run.seeds).",
                    key=key,
                    found=f"only {', '.join(members)}",
                )
        return self

    @model_validator(mode="after")
    def _check_run(self) -> "Settings":
        names = {"datasets": self.datasets_to_run(), "models": self.models_to_run()}
        for kind, chosen in names.items():
            known = getattr(self, kind)
            for name in chosen:
                if name not in known:
                    raise problem(
                        f"one of {some_of(known, like=name)}",
                        "Remove it: ensembles are always run."
                        if kind == "models" and name in self.run.ensembles
                        else did_you_mean(name, known)
                        or f"Add an entry '{name}' under '{kind}', or run an existing one.",
                        key=f"run.{kind}",
                        found=repr(name),
                    )
        if not self.evaluated_models():
            raise problem(
                "a model, or an ensemble in run.ensembles",
                "Name an entry of 'models', or remove the key for the default.",
                key="run.models",
                found="neither a model nor an ensemble",
            )
        datasets = {name: self.datasets[name] for name in names["datasets"]}
        if self.evaluate.genome_wide and not any(
            dataset.source == "genome" for dataset in datasets.values()
        ):
            sources = ", ".join(f"{name} (source: {own.source})" for name, own in datasets.items())
            raise problem(
                "a data set of source genome among those that are run",
                "Set it to false, or run a data set of a genome.",
                key="evaluate.genome_wide",
                found=f"true, but only {sources}",
            )
        window = min(dataset.window for dataset in datasets.values())
        for name in dict.fromkeys(trained.model for trained in self.trained_models().values()):
            model, key = self.models[name], f"models.{name}"
            if isinstance(model, HybridModel) and model.resnet.stem_pool > window:
                raise problem(
                    f"at most the shortest window that is run, {window} bp",
                    "Reduce it.",
                    key=f"{key}.resnet.stem_pool",
                    found=f"{model.resnet.stem_pool} bp",
                )
            for of, dataset in datasets.items():
                known_motifs = dataset.source == "simulated" or dataset.motifs
                if getattr(model, "motifs", False) and not known_motifs:
                    raise problem(
                        "a MEME file to start from",
                        f"Give datasets.{of}.motifs a url, or set {key}.motifs to false.",
                        key=f"{key}.motifs",
                        found=f"true, but no motifs of the data set '{of}'",
                    )
        return self

    @model_validator(mode="after")
    def _check_apply(self) -> "Settings":
        models = [*self.models, *self.run.ensembles]
        known = {"datasets": [*self.datasets], "models": models}
        for kind in ApplySettings.model_fields:
            for name, entry in getattr(self.apply, kind).items():
                key = f"apply.{kind}.{name}"
                for of, names in known.items():
                    for unknown in set(getattr(entry, of) or ()) - set(names):
                        raise problem(
                            f"one of {some_of(names, like=unknown)}",
                            did_you_mean(unknown, names),
                            key=f"{key}.{of}",
                            found=repr(unknown),
                        )
                for dataset in self._applied_datasets(entry):
                    has_genome = entry.genome or self.datasets[dataset].source == "genome"
                    if entry.needs_genome and not has_genome:
                        raise problem(
                            "a FASTA file",
                            f"Give one, or leave '{dataset}' out of {key}.datasets.",
                            key=f"{key}.genome",
                            found=f"null, but no genome of the data set '{dataset}'",
                        )
        return self

    def _applied_datasets(self, entry: Entry) -> list[str]:
        return [
            name for name in self.datasets_to_run() if name in (entry.datasets or self.datasets)
        ]

    def applications(self, kind: Literal["regions", "variants"]) -> Iterator[Application]:
        """The entries of `apply` of a kind, each with all models that are applied to it."""
        entries: dict[str, RegionEntry | VariantEntry] = dict(getattr(self.apply, kind))
        for name, entry in entries.items():
            for dataset in self._applied_datasets(entry):
                for model, chosen in self.evaluated_models().items():
                    if entry.models is None or chosen in entry.models:
                        yield Application(name, entry, dataset, model)

    def datasets_to_run(self) -> list[str]:
        """Names of the data sets that are run."""
        added = [name for name in self.datasets if name != DEFAULT_DATASET]
        return self.run.datasets or added or [DEFAULT_DATASET]

    def models_to_run(self) -> list[str]:
        """Names of the models that are run: by default a small one, except on DeepSEA."""
        default = "hybrid" if DEFAULT_DATASET in self.datasets_to_run() else "compact"
        return [default] if self.run.models is None else self.run.models

    def training_of(self, model: str) -> TrainSettings:
        """What decides the weights of a model: ``train``, overlaid with the model's own keys."""
        train = {key: getattr(self.train, key) for key in TrainSettings.model_fields}
        return TrainSettings(**train | self.models[model].train.dump())

    def trained_models(self) -> dict[str, Trained]:
        """What is trained on each data set, by the name of its results.

        The models that are run come first, then members of ensembles that are not run themselves.
        """
        possible = self._possible_trainings()
        members = [name for one in self.ensembles().values() for name in one.members]
        return self._trainings_of(self.models_to_run()) | {name: possible[name] for name in members}

    def evaluated_models(self) -> dict[str, str]:
        """Name of the results of each model that is evaluated → its name in the configuration.

        Ensembles come last.
        """
        single = self._trainings_of(self.models_to_run())
        return {name: trained.model for name, trained in single.items()} | {
            name: name for name in self.run.ensembles
        }

    def ensembles(self) -> dict[str, Averaged]:
        """The ensembles by name; a model stands for its trainings with all seeds."""
        return {
            name: Averaged(
                tuple(
                    training
                    for member in self._given_members(name)
                    for training in (
                        self._trainings_of([member]) if member in self.models else [member]
                    )
                ),
                entry.average if isinstance(entry, EnsembleSettings) else "probabilities",
            )
            for name, entry in self.run.ensembles.items()
        }

    def _given_members(self, ensemble: str) -> list[str]:
        entry = self.run.ensembles[ensemble]
        return entry.members if isinstance(entry, EnsembleSettings) else entry

    def _trainings_of(self, models: Iterable[str]) -> dict[str, Trained]:
        """Trainings of models with all seeds, by the name of their results."""
        if not self.run.seeds:
            return {name: Trained(name, self.seed) for name in models}
        return {
            f"{name}-seed{seed}": Trained(name, seed) for name in models for seed in self.run.seeds
        }

    def _possible_trainings(self) -> dict[str, Trained]:
        return self._trainings_of(self.models)


class TrainingJob(Section):
    """The settings of one training."""

    network: Model
    settings: TrainSettings
    runtime: RuntimeOptions
    load: LoadSettings
    seed: Seed


def check_settings(config: Mapping[str, Any]) -> Settings:
    """Check a configuration as a whole, with all overlays applied.

    Raises
    ------
    InputError
        Names the first wrong key in alphabetical order: a misspelt key, a wrong type or value,
        an unknown data set or model, sizes of a network that do not fit, or splits that overlap.
    """
    try:
        return Settings.model_validate(with_inherited(config))
    except ValidationError as error:
        raise input_error(error, Settings) from None
