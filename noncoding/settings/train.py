"""Training: what decides the weights, what does not, and how rows are loaded."""

from collections.abc import Callable
from copy import copy
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from noncoding.settings.base import (
    Count,
    CountOrZero,
    NonEmpty,
    Positive,
    PositiveOrZero,
    Section,
    Share,
)

# YAML reads on and off as true and false.
_Switch = Literal["auto", "on", "off", True, False]


class LoadSettings(Section):
    """The section ``load``, which changes no result."""

    rows: Literal["auto", "device", "memory", "disk"] = Field(
        description="Where training rows are kept."
    )
    workers: Annotated[CountOrZero, Field(le=1024)] = Field(
        description="Processes that read training rows; 0 to read in the training process."
    )


class TrainSettings(Section):
    """What decides the weights of a model."""

    epochs: Count = Field(description="Maximum number of passes over the training rows.")
    patience: Count = Field(
        description="Epochs without an increase in validation AUPR after which training stops."
    )
    # Batch normalisation cannot estimate a variance from a single row.
    batch_size: Annotated[Count, Field(ge=3)] = Field(
        description="Maximum number of rows per step and device."
    )
    accumulate: Count = Field(description="Steps per weight update.")
    shuffle_buffer: Count = Field(description="Number of rows that are shuffled together.")
    learning_rate: Positive = Field(description="Peak learning rate of AdamW.")
    warmup_steps: CountOrZero = Field(
        description="Weight updates of linear warm-up, at most a tenth of all updates."
    )
    weight_decay: PositiveOrZero = Field(description="Weight decay of matrices and kernels.")
    gradient_clip: Positive = Field(description="Maximum norm of the gradient.")
    ema_decay: Share = Field(
        description="Decay of the exponential moving average of the weights, per update."
    )
    shift: CountOrZero = Field(description="Maximum random shift of a training window, in bp.")
    reverse_complement: bool = Field(
        description="Reverse-complement each training row with probability 0.5."
    )
    mutation_rate: Share = Field(
        description="Share of the bases of training rows that are substituted at random."
    )
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = Field(
        description="Numerical precision, by Lightning's names."
    )
    compile: _Switch = Field(description="Use torch.compile; auto: on a GPU.")
    deterministic: _Switch = Field(description="Use deterministic algorithms only; auto: on a CPU.")
    devices: Count | Literal["auto"] = Field(
        description="Devices per machine for distributed training; auto: all GPUs."
    )
    num_nodes: Count = Field(description="Machines for distributed training.")


class RuntimeOptions(Section):
    """What may change in the middle of a training, because it does not decide the weights."""

    checkpoint_minutes: Positive = Field(description="Minutes between checkpoints within an epoch.")
    wandb: NonEmpty | None = Field(
        description="Project of Weights & Biases to log to; null for none."
    )


class TrainSection(RuntimeOptions, TrainSettings):
    """The section ``train``."""


def _with_optional_keys(of: type[Section]) -> Callable[[type[Section]], type[Section]]:
    fields: dict[str, Any] = {}
    for name, field in of.model_fields.items():
        optional = copy(field)
        optional.default_factory = lambda: None  # Keys that are not given are not dumped.
        fields[name] = (field.annotation, optional)
    return lambda cls: create_model(cls.__name__, __base__=cls, __doc__=cls.__doc__, **fields)


@_with_optional_keys(TrainSettings)
class TrainOverlay(Section):
    """Keys of ``train`` that differ for one model; those that decide the weights."""
