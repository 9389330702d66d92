"""Write and load trained models."""

import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers.utils.logging import disable_progress_bar

from noncoding import __version__
from noncoding.common.errors import InputError, some_of
from noncoding.common.files import atomic_write, read_json, sha256, temporary
from noncoding.common.wording import counted
from noncoding.data.one_hot import ALPHABET
from noncoding.data.store import Store
from noncoding.data.targets import (
    distinct_names,
    read_targets,
    same_targets,
    select_targets,
    write_targets,
)
from noncoding.layout import LOADED_FILES, MODEL_CODE, MODEL_FILES, TARGETS
from noncoding.models.architectures import NETWORKS
from noncoding.models.network import Network, config_of
from noncoding.models.shipped import model_folder

log = logging.getLogger(__name__)
_AGAIN = "Run the stage 'train' again, or copy the whole folder again."


@dataclass(frozen=True)
class ExportedModel:
    """A trained network with the targets of its logits.

    Attributes
    ----------
    network : Network
        In evaluation mode, on the CPU.
    targets : pandas.DataFrame
        The target table, one row per logit.
    training : dict
        Configuration, data and validation metrics of the training.
    folder : Path
    """

    network: Network
    targets: pd.DataFrame
    training: dict[str, Any]
    folder: Path

    @property
    def length(self) -> int:
        """Window in bp."""
        return int(self.network.config.length)

    @property
    def bin(self) -> int:
        """Length of the labelled bin at the centre of a window, in bp.

        Raises
        ------
        InputError
            ``training.json`` has none, or one that does not fit the window.
        """
        found = self.training.get("bin")
        if type(found) is not int or not 0 < found <= self.length or (self.length - found) % 2:
            raise InputError(
                self.folder / "training.json",
                f"a bin of {found!r} bp",
                f"a bin at the centre of a window of {self.length} bp",
                "Train the model with this version of the pipeline, which records the bin, or add "
                'its length to the file: "bin": 200.',
            )
        return found

    def moved_to(self, device: torch.device) -> Network:
        """Move the network to a device, and return it."""
        torch.nn.Module.to(self.network, device)
        return self.network

    def selected_targets(self, wanted: Iterable[str | int]) -> pd.DataFrame:
        """Rows of the target table, see `select_targets`, with ``label``: a distinct name.

        It is distinct among all targets of the model, so that it does not depend on the selection.
        """
        labelled = self.targets.assign(label=distinct_names(self.targets))
        return select_targets(labelled, wanted)

    def check_fits(self, store: Store) -> None:
        """Raise an `InputError` for a store with another window or other names of targets."""
        remedy = "Train the model on this data set, or use the data set that it was trained on."
        if self.network.config.length != store.length:
            raise InputError(
                self.folder,
                f"a model for windows of {self.network.config.length} bp",
                f"{store.length} bp, as in {store.path}",
                remedy,
            )
        if not same_targets(self.targets, store.targets):
            own, others = (
                some_of(table["name"], shown=3) for table in (self.targets, store.targets)
            )
            raise InputError(
                self.folder / TARGETS,
                f"{len(self.targets)} targets ({own})",
                f"the {len(store.targets)} of {store.path} ({others})",
                remedy,
            )


def export_model(
    network: Network,
    folder: str | os.PathLike[str],
    targets: pd.DataFrame,
    training: dict[str, Any],
) -> None:
    """Write `MODEL_FILES` atomically.

    Parameters
    ----------
    network, folder, targets
    training : dict
        Record of the training, as JSON. ``dataset``, ``model`` and ``validation`` are repeated
        in the model card. The number of parameters and ``weights_sha256``, the digest of
        ``model.safetensors``, are added.
    """
    finals = [Path(folder) / name for name in MODEL_FILES]
    # On the disk of the folder: the one for temporary files may be full.
    with temporary(folder) as made, atomic_write(*finals) as partials:
        made.mkdir()
        # The modules and classes that AutoModel of transformers loads from the folder.
        network.config.auto_map = {
            auto: f"{found.__module__.rpartition('.')[2]}.{found.__name__}"
            for auto, found in (("AutoConfig", type(network.config)), ("AutoModel", type(network)))
        }
        network.config.alphabet = ALPHABET
        disable_progress_bar()  # of the shards, of which there is one
        network.save_pretrained(made)
        for name in MODEL_CODE:
            shutil.copyfile(Path(__file__).with_name(name), made / name)
        write_targets(targets, made / TARGETS)
        record = {
            "parameters": sum(p.numel() for p in network.parameters()),
            "weights_sha256": sha256(made / "model.safetensors"),
        } | training
        (made / "training.json").write_text(json.dumps(record, indent=2), encoding="utf-8")
        card = _model_card(network, targets, record)
        (made / "README.md").write_text(card, encoding="utf-8")
        for name, partial in zip(MODEL_FILES, partials, strict=True):
            shutil.copyfile(made / name, partial)


def load_model(folder: str | os.PathLike[str]) -> ExportedModel:
    """Load an exported model; no code in its folder is run.

    Parameters
    ----------
    folder : path
        Or the name of a model of the package, see `noncoding.models.shipped.model_folder`.

    Raises
    ------
    InputError
        A file is missing or damaged, the architecture, alphabet or bin is unknown, the weights do
        not match the network or the digest of the export, or the targets do not match the logits.
    """
    folder = model_folder(folder)
    for name in LOADED_FILES:
        if not (folder / name).is_file():
            raise InputError(folder, f"no file {name}", "an exported model", _AGAIN)
    config, training = (_read_object(folder / name) for name in ("config.json", "training.json"))
    model_type = config.get("model_type")
    if model_type not in NETWORKS:
        raise InputError(
            folder / "config.json",
            f"model_type {model_type!r}",
            f"one of {', '.join(NETWORKS)}",
            "Train the model with this version of the pipeline.",
        )
    weights = folder / "model.safetensors"
    digest, exported = sha256(weights), training.get("weights_sha256")
    if exported is None:  # by a version that did not record it
        log.warning("%s: no digest of the weights to compare them with", folder / "training.json")
    elif digest != exported:
        raise InputError(
            weights, f"weights with the SHA-256 {digest}", f"{exported}, as exported", _AGAIN
        )
    _check_interface(config, folder / "config.json")
    try:
        network_class, config_class = NETWORKS[model_type]
        network = network_class(config_of(config_class, config))
    except Exception as error:  # of any type, since the constructors do not check their values
        raise InputError(
            folder / "config.json", f"sizes of no network ({error})", f"a {model_type}", _AGAIN
        ) from error
    try:
        network.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        # The class, then missing and unexpected keys and other shapes, on several lines.
        why = " ".join(str(error).split())[:500]
        raise InputError(
            weights, f"other weights than the network's ({why})", "each tensor once", _AGAIN
        ) from error
    targets = read_targets(folder / TARGETS)
    if len(targets) != network.config.targets:
        raise InputError(
            folder / TARGETS,
            counted(len(targets), "target"),
            f"{network.config.targets}, one for each logit of the network",
            _AGAIN,
        )
    exported = ExportedModel(network.eval(), targets, training, folder)
    _ = exported.bin  # raises if there is none
    return exported


def _check_interface(config: dict[str, Any], path: Path) -> None:
    """Refuse a configuration with another alphabet, or without a size that has a default."""
    if (alphabet := config.get("alphabet")) != ALPHABET:
        raise InputError(
            path,
            f"the alphabet {alphabet!r}",
            f"{ALPHABET!r}, the order of the input channels",
            "Use a model that was trained with this pipeline.",
        )
    for key in ("length", "targets"):
        if type(size := config.get(key)) is not int or size < 1:
            raise InputError(path, f"{key}: {size!r}", "a positive integer", _AGAIN)


def _read_object(path: Path) -> dict[str, Any]:
    found = read_json(path)
    if not isinstance(found, dict):
        raise InputError(path, "a truncated or damaged file", "a JSON object", _AGAIN)
    return found


def _members(training: dict[str, Any]) -> str:
    """A line of the model card that names the members of an ensemble; empty without members."""
    if "members" not in training:
        return ""
    names = ", ".join(member["name"] for member in training["members"])
    return f"\n- An ensemble: the mean of the {training['average']} of {names}."


def _model_card(network: Network, targets: pd.DataFrame, training: dict[str, Any]) -> str:
    figures = "\n".join(
        f"| {k} | {v if isinstance(v, int) else format(v, '.4f')} |"
        for k, v in training["validation"].items()
    )
    groups = ", ".join(f"{n} {group}" for group, n in targets["group"].value_counts().items())
    return f"""---
library_name: noncoding
tags: [biology, genomics, dna]
---

# {training["model"]} on {training["dataset"]}

{type(network).__name__} with {training["parameters"]:,} parameters (noncoding {__version__}).

- Input: one-hot DNA, float, shape (batch, 4, {network.config.length}), in the order
  {", ".join(ALPHABET)}; N is a column of zeros.
- Output: logits, shape (batch, {len(targets)}); `targets.tsv` names them ({groups}). They refer
  to the bin of {training["bin"]} bp at the centre of the sequence.{_members(training)}
- `training.json` contains the training configuration and the digests of the data.
- The `.py` files define the network; they require only torch, transformers and safetensors.

```python
from transformers import AutoModel

network = AutoModel.from_pretrained("path/to/this/folder", trust_remote_code=True).eval()
logits = network(sequences)
```

With noncoding installed, `noncoding.models.export.load_model("path/to/this/folder")` returns the
network with its target table, without running code from this folder.

Validation split, averaged over both strands:

| metric | value |
|---|---|
{figures}
{"".join(map(_origins, (training, *training.get("members", ()))))}"""


def _origins(training: dict[str, Any]) -> str:
    """What the card says of the models that one, or a member, started from or learned from."""
    which = f"The member {training['name']} is " if "name" in training else ""
    text = ""
    for key, origin in (("start_from", "fine-tuned, starting from"), ("teacher", "distilled from")):
        if earlier := training.get(key):
            models = ", ".join(
                f"{each['model']} on {each['dataset']}" for each in earlier["models"]
            )
            frozen = f" (frozen: {earlier['freeze']})" if "freeze" in earlier else ""
            notes = "".join(f"- {_capitalised(each['message'])}.\n" for each in earlier["overlap"])
            text += f"\n{_capitalised(which + origin)}: {models}{frozen}.\n\n{notes}"
    return text


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
