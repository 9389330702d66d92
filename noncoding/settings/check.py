"""The configuration, checked as a whole before anything runs."""

import os
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from noncoding.common.errors import InputError, did_you_mean, some_of
from noncoding.settings.downloads import entries, file_name
from noncoding.settings.schema import check_values

_SPLITS = ("train", "valid", "test", "ignore")
_FILE_NAME = re.compile(r"(?!.*\.lock\.json\Z)[^{}/.\x00-\x1f\x7f][^{}/\x00-\x1f\x7f]*")
_LONGEST = 200
"""Bytes of a file's name; other names beside it are longer."""
_UNPACKED = ("train.mat", "valid.mat", "test.mat")


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
    check_values(config, schema)
    _check_names(config)
    for name, model in config["models"].items():
        _check_sizes(f"models.{name}", model)
    for name, dataset in config["datasets"].items():
        _check_downloads(f"datasets.{name}", dataset)
        _check_dataset(f"datasets.{name}", dataset)
    for name in config["run"]["models"]:
        _check_run(name, config)


def _check_names(config: Mapping[str, Any]) -> None:
    for kind in ("datasets", "models"):
        for name in config["run"][kind]:
            if name not in config[kind]:
                raise InputError(
                    f"configuration, key run.{kind}",
                    repr(name),
                    f"one of {some_of(config[kind], like=name)}",
                    did_you_mean(name, config[kind])
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


def _check_downloads(key: str, dataset: Mapping[str, Any]) -> None:
    """Names of fetched files, which lie in one folder beside what is made of them."""
    made = {"genome": (), "bundle": _UNPACKED, "simulated": (*_UNPACKED, "bundle.tar.gz")}
    taken = dict.fromkeys(made[dataset["source"]], "an unpacked file")
    for entry, download in entries(dataset).items():
        name = file_name(download)
        bad = not _FILE_NAME.fullmatch(name) or len(os.fsencode(name)) > _LONGEST
        if bad or name in taken:
            raise InputError(
                f"configuration, key {key}.{entry}.url",
                f"the file name '{name}'" + ("" if bad else f", which {taken[name]} has, too"),
                f"a name of its own, of at most {_LONGEST} bytes, that does not begin with a dot "
                "and holds no braces",
                "Put a URL first whose last part is such a name, or fetch the file yourself and "
                "give its path.",
            )
        taken[name] = f"{key}.{entry}"


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
                f"{some_of(shared)} in both '{one}' and '{other}'",
                "each chromosome in one split",
                "Take it out of one of them: a model must not be judged on what it learned from.",
            )
