"""The configuration, checked as a whole before anything runs."""

import difflib
import os
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from noncoding.downloads import file_name
from noncoding.errors import InputError

CHANGE_NO_RESULT = ("checkpoint_minutes", "on_out_of_memory", "wandb")
"""Keys of ``train:`` that do not decide the weights: edited, nothing is trained anew."""

_SPLITS = ("train", "valid", "test", "ignore")


def check_configuration(config: Mapping[str, Any], schema: str | os.PathLike[str]) -> None:
    """Refuse a configuration that cannot be run, naming the key.

    Parameters
    ----------
    config : mapping
        With every overlay laid over.
    schema : path
        JSON schema, as YAML.

    Raises
    ------
    InputError
        A misspelt key, a wrong type or value, an unknown data set or model,
        sizes of a network that do not fit, or splits that overlap.
    """
    # By libyaml: each start of Snakemake waits for this.
    validator = Draft202012Validator(yaml.load(Path(schema).read_text(), Loader=yaml.CSafeLoader))
    errors = sorted(
        validator.iter_errors(dict(config)), key=lambda error: [str(part) for part in error.path]
    )
    if errors:
        raise _told(_deepest(errors[0]))
    _check_names(config)
    for name, model in config["models"].items():
        _check_sizes(f"models.{name}", model)
    for name, dataset in config["datasets"].items():
        _check_dataset(f"datasets.{name}", dataset)
    for name in config["run"]["models"]:
        _check_run(name, config)


def training_of(config: Mapping[str, Any], model: str) -> dict[str, Any]:
    """What decides the weights of a model of ``train:``, with the model's own laid over it.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    model : str
        Key of ``models:``.
    """
    settings = {**config["train"], **config["models"][model].get("train", {})}
    return {key: value for key, value in settings.items() if key not in CHANGE_NO_RESULT}


def trained_models(config: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """What is trained on each data set: its name → the model's name and the seed.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    """
    seeds = config["run"]["seeds"]
    if not seeds:
        return {model: (model, config["seed"]) for model in config["run"]["models"]}
    return {
        f"{model}-seed{seed}": (model, seed) for model in config["run"]["models"] for seed in seeds
    }


def _check_names(config: Mapping[str, Any]) -> None:
    for kind in ("datasets", "models"):
        for name in config["run"][kind]:
            if name not in config[kind]:
                raise InputError(
                    f"configuration, key run.{kind}",
                    repr(name),
                    f"one of {', '.join(config[kind])}",
                    _did_you_mean(name, config[kind])
                    or f"Add an entry '{name}' under '{kind}', or run one that is there.",
                )


def _check_sizes(key: str, model: Mapping[str, Any]) -> None:
    if model["architecture"] == "hybrid":
        _check_hybrid(key, model)
    elif model["architecture"] == "deepsea" and len(model["dropout"]) != len(model["channels"]):
        raise InputError(
            f"configuration, key {key}.dropout",
            f"{len(model['dropout'])} entries",
            f"{len(model['channels'])}, one a convolution, as in 'channels'",
            "Give both lists the same length.",
        )


def _check_hybrid(key: str, model: Mapping[str, Any]) -> None:
    resnet, sequence = model["resnet"], model["sequence"]
    for per_block in ("strides", "dilations"):
        if len(resnet[per_block]) != len(resnet["channels"]):
            raise InputError(
                f"configuration, key {key}.resnet.{per_block}",
                f"{len(resnet[per_block])} entries",
                f"{len(resnet['channels'])}, one a residual block, as in 'channels'",
                "Give all three lists the same length.",
            )
    for channels in resnet["channels"]:
        inner = round(resnet["widening"] * channels)
        if inner < 1 or inner % resnet["groups"]:
            raise InputError(
                f"configuration, key {key}.resnet.groups",
                f"{resnet['groups']} groups for {inner} channels in the middle of a block",
                "a number of groups that divides 'channels' times 'widening'",
                "Change one of the three.",
            )
    if resnet["stem_both_strands"] and resnet["embedding"]:
        raise InputError(
            f"configuration, key {key}.resnet.stem_both_strands",
            "true, beside an embedding",
            "false, since a learned embedding of the bases has no complement",
            "Set 'embedding' to 0 or 'stem_both_strands' to false.",
        )
    if model.get("motifs") and resnet["embedding"]:
        raise InputError(
            f"configuration, key {key}.motifs",
            "true, beside an embedding",
            "kernels that see bases, to start from motifs",
            "Set 'embedding' to 0 or 'motifs' to false.",
        )
    if sequence["kind"] in ("transformer_xl", "bert") and sequence["channels"] % sequence["heads"]:
        raise InputError(
            f"configuration, key {key}.sequence.heads",
            f"{sequence['heads']} heads for {sequence['channels']} channels",
            "a number of heads that divides the channels",
            "Change one of the two.",
        )
    if model["head"]["pooling"] == "flatten" and not model["head"]["hidden"]:
        raise InputError(
            f"configuration, key {key}.head.hidden",
            "0",
            "at least 1 unit where 'pooling' is 'flatten'",
            "Give a number of units, or set 'pooling' to 'attention'.",
        )


def _check_run(name: str, config: Mapping[str, Any]) -> None:
    """What a model that is run wants of the data sets that it is run on."""
    key, model = f"models.{name}", config["models"][name]
    run = {name: config["datasets"][name] for name in config["run"]["datasets"]}
    window = min(dataset["window"] for dataset in run.values())
    if model["architecture"] == "hybrid" and model["resnet"]["stem_pool"] > window:
        raise InputError(
            f"configuration, key {key}.resnet.stem_pool",
            f"{model['resnet']['stem_pool']} bp",
            f"at most the shortest window that is run, {window} bp",
            "Pool less.",
        )
    for dataset, settings in run.items():
        simulated = settings["source"] == "simulated"
        if model.get("motifs") and not (simulated or settings.get("motifs")):
            raise InputError(
                f"configuration, key {key}.motifs",
                f"true, but no motifs of the data set '{dataset}'",
                "a MEME file to start from",
                f"Give datasets.{dataset}.motifs a url, or set {key}.motifs to false.",
            )


def _check_dataset(key: str, dataset: Mapping[str, Any]) -> None:
    if dataset["bin"] > dataset["window"]:
        raise InputError(
            f"configuration, key {key}.bin",
            f"{dataset['bin']} bp",
            f"at most the window, {dataset['window']} bp",
            "Change one of the two.",
        )
    if dataset["source"] != "genome":
        return
    fasta, archive = dataset["fasta"], dataset["peaks"].get("archive")
    if archive and file_name(fasta) == file_name(archive):
        raise InputError(
            f"configuration, key {key}.peaks.archive.url",
            f"a file and a genome that are both called {file_name(fasta)}",
            "two names, since both are fetched into one folder",
            "Rename one of the two.",
        )
    if (dataset["window"] - dataset["bin"]) % 2:
        raise InputError(
            f"configuration, key {key}.window",
            f"{dataset['window']} bp around bins of {dataset['bin']} bp",
            "an even number of flanking bp, half on each side",
            "Change one of the two by 1 bp.",
        )
    splits = {name: set(dataset["splits"].get(name) or ()) for name in _SPLITS}
    for one, other in combinations(_SPLITS, 2):
        if shared := sorted(splits[one] & splits[other]):
            raise InputError(
                f"configuration, key {key}.splits",
                f"{', '.join(shared)} in both '{one}' and '{other}'",
                "each chromosome in one split",
                "Take it out of one of them: a model must not be judged on what it learned from.",
            )


def _deepest(error: ValidationError) -> ValidationError:
    """The error inside alternatives that says most."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _told(error: ValidationError) -> InputError:
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    where = f"configuration, key {key}"
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    description = schema.get("description")
    about = f"{description} " if description else ""
    allowed = schema.get("properties", {})
    instance: Any = error.instance
    demanded: Any = error.validator_value
    if error.validator == "additionalProperties":
        unknown = next(k for k in instance if k not in allowed)
        return InputError(
            where,
            f"the unknown key '{unknown}'",
            f"only {', '.join(allowed)}",
            _did_you_mean(unknown, allowed) or "Remove it, or see config.yaml for the known keys.",
        )
    if error.validator == "required":
        missing = next(k for k in demanded if k not in instance)
        return InputError(where, f"no key '{missing}'", "this key", "Add it; see config.yaml.")
    if error.validator == "multipleOf":
        demanded = f"a multiple of {demanded}"
        return InputError(where, f"{instance!r}", demanded, f"{about}See config.yaml.")
    if error.validator == "oneOf" or error.schema is False:
        return InputError(where, f"{error.instance!r}", "one way to say it", f"{about}Keep one.")
    return InputError(
        where,
        f"{error.instance!r}",
        "; ".join(_expectations(error)),
        f"{about}See config.yaml.",
    )


def _expectations(error: ValidationError) -> Iterator[str]:
    words = {
        "type": "the type {}",
        "enum": "one of {}",
        "const": "{}",
        "minimum": "at least {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "less than {}",
        "pattern": "text like {}",
        "not": "an odd number",
        "uniqueItems": "no entry twice",
        "minItems": "at least {} entries",
        "minLength": "a text that is not empty",
    }
    value = error.validator_value
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    yield words.get(str(error.validator), error.message).format(value)


def _did_you_mean(word: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"Did you mean '{close[0]}'?" if close else ""
