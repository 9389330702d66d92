"""Settings of each network architecture."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from noncoding.settings.base import (
    AS_WRITTEN,
    UNIQUE,
    Count,
    CountOrZero,
    Counts,
    LocalPath,
    NonEmpty,
    Odd,
    Positive,
    Section,
    Share,
    problem,
)
from noncoding.settings.train import TrainOverlay

_Overlay = Annotated[TrainOverlay, Field(description="Keys of `train` that differ for this model.")]


class MotifStart(Section):
    """Motifs that the first kernels are initialised with."""

    source: Literal["targets", "others", "all"] = Field(
        default="targets",
        description="Motifs of the targets; others, which resemble no motif of a target; or all: "
        "those of the targets, then others.",
    )
    names: Annotated[list[NonEmpty], Field(min_length=1), *UNIQUE] | None = Field(
        default=None,
        description="Patterns of the identifiers or names of motifs that belong to no target; "
        "null for all.",
    )
    share: Annotated[float, Field(gt=0, le=1), *AS_WRITTEN] = Field(
        default=1.0, description="Largest share of the first kernels that is initialised."
    )

    @model_validator(mode="after")
    def _check_names(self) -> "MotifStart":
        if self.names and self.source == "targets":
            raise problem(
                "no key 'names' where 'source' is 'targets'",
                "Remove it, or set 'source' to 'others' or 'all'.",
                key="names",
                found=repr(self.names),
            )
        return self


_Motifs = Annotated[
    Annotated[bool, Tag("switch")] | Annotated[MotifStart, Tag("choice")],
    Discriminator(lambda value: "choice" if isinstance(value, dict | MotifStart) else "switch"),
    Field(
        description="Initialise the first kernels with known motifs: true for those of the data "
        "set's targets, or a section."
    ),
]

_Teacher = Annotated[
    LocalPath | None,
    Field(
        description="Folder of a trained model or ensemble, as in `start_from`, whose predicted "
        "probabilities are the labels in training (Hinton et al. 2015); null for those of the data "
        "set."
    ),
]


def _check_lengths(section: "ResNet | DeepSeaModel", *names: str) -> None:
    expected = len(section.channels)
    for name in names:
        if (found := len(getattr(section, name))) != expected:
            raise problem(
                f"{expected}, one for each of 'channels'",
                f"Give '{name}' and 'channels' the same length.",
                key=name,
                found=f"{found} entries",
            )


class ResNet(Section):
    """The wide residual network."""

    embedding: CountOrZero = Field(
        description="Channels of a learned base embedding; 0: one-hot input."
    )
    stem_channels: Count = Field(description="Channels of the first convolution.")
    stem_kernel: Odd = Field(description="Kernel of the first convolution in bp, odd.")
    stem_pool: Count = Field(description="Max-pooling after the first convolution, in bp.")
    stem_activation: Literal["gelu", "relu", "exponential"] = Field(
        description="Activation of the first convolution."
    )
    stem_both_strands: bool = Field(
        description="Scan both strands with each kernel and keep the maximum; one-hot input only."
    )
    channels: Counts = Field(description="Channels of each residual block.")
    strides: Counts = Field(description="Stride of each residual block.")
    dilations: Counts = Field(description="Dilation of each residual block.")
    kernel: Odd = Field(
        description="Kernel of a block's middle or depthwise convolution, in positions, odd."
    )
    widening: Positive = Field(
        description="Channels within a block relative to those of its output."
    )
    block: Literal["bottleneck", "convnext"] = Field(
        "bottleneck", description="Type of the residual blocks."
    )
    groups: Count = Field(description="Groups of the middle convolution; more than 1 for ResNeXt.")
    dropout: Share = Field(
        description="Dropout before the middle convolution; of ConvNeXt before the last."
    )
    squeeze_excitation: CountOrZero = Field(
        description="Reduction of the squeeze-and-excitation gate; 0 for no gate."
    )
    stochastic_depth: Share = Field(
        0.0,
        description="Probability that the last block is skipped for a row in training; that of "
        "earlier blocks is proportional to their depth.",
    )

    @model_validator(mode="after")
    def _check_blocks(self) -> "ResNet":
        _check_lengths(self, "strides", "dilations")
        if self.block == "convnext" and self.groups > 1:
            raise problem(
                "1 where 'block' is 'convnext', whose middle convolution is depthwise",
                "Set 'groups' to 1 or 'block' to 'bottleneck'.",
                key="groups",
                found=f"{self.groups}",
            )
        for channels in self.channels:
            inner = round(self.widening * channels)
            if inner < 1 or inner % self.groups:
                raise problem(
                    "a number of groups that divides 'channels' times 'widening'",
                    "Change one of the three.",
                    key="groups",
                    found=f"{self.groups} groups for {inner} channels in the middle of a block",
                )
        if self.stem_both_strands and self.embedding:
            raise problem(
                "false, since a learned embedding of the bases has no complement",
                "Set 'embedding' to 0 or 'stem_both_strands' to false.",
                key="stem_both_strands",
                found="true, beside an embedding",
            )
        return self


_LAYERS = Field(description="Number of layers.")
_WIDTH = Field(description="Width of the layers; of an LSTM both directions together, even.")
_DROPOUT = Field(description="Dropout in the layers; of an LSTM between layers.")
_SKIP = Field(description="Concatenate the residual network's features to the head's input.")


class Attention(Section):
    """Transformer-XL, BERT, or a transformer with rotary position embedding."""

    kind: Literal["transformer_xl", "bert", "rotary"] = Field(
        description="Type of the sequence layers."
    )
    skip: bool = _SKIP
    layers: Count = _LAYERS
    heads: Count = Field(description="Attention heads; they must divide `channels`.")
    channels: Count = _WIDTH
    inner: Count = Field(description="Units of the feed-forward layers.")
    dropout: Share = _DROPOUT
    stochastic_depth: Share = Field(
        0.0,
        description="Probability that each half of the last layer is skipped for a row in "
        "training; that of earlier layers is proportional to their depth. Of rotary only.",
    )

    @model_validator(mode="after")
    def _check_heads(self) -> "Attention":
        if self.channels % self.heads:
            raise problem(
                "a number of heads that divides the channels",
                "Change one of the two.",
                key="heads",
                found=f"{self.heads} heads for {self.channels} channels",
            )
        if self.kind == "transformer_xl" and self.channels % 2:
            raise problem(
                "an even width, half of which encodes positions as sines and half as cosines",
                "Change 'channels'.",
                key="channels",
                found=str(self.channels),
            )
        if self.kind == "rotary" and self.channels // self.heads % 2:
            raise problem(
                "an even number of channels in each rotary head",
                "Change 'heads' or 'channels'.",
                key="heads",
                found=f"{self.heads} heads for {self.channels} channels",
            )
        if self.kind != "rotary" and self.stochastic_depth:
            raise problem(
                "0 unless 'kind' is 'rotary'",
                "Remove the key, or set 'kind' to 'rotary'.",
                key="stochastic_depth",
                found=f"{self.stochastic_depth} with {self.kind}",
            )
        return self


class Lstm(Section):
    """Bidirectional LSTM."""

    kind: Literal["lstm"] = Field(description="Type of the sequence layers.")
    skip: bool = _SKIP
    layers: Count = _LAYERS
    channels: Annotated[Count, Field(multiple_of=2)] = _WIDTH
    dropout: Share = _DROPOUT


class NoSequence(Section):
    """No sequence layers; the head's input is the residual network's output."""

    kind: Literal["none"] = Field(description="Type of the sequence layers.")


class Head(Section):
    """The fully connected head."""

    pooling: Literal["flatten", "attention"] = Field(description="How positions are combined.")
    hidden: CountOrZero = Field(
        description="Units of the hidden layer; 0 for none, with attention pooling only."
    )
    dropout: Share = Field(description="Dropout before the last layer.")
    weight_norm: bool = Field(
        description="Give the last layer's weight vectors of all targets the same norm."
    )
    batch_norm: bool = Field(
        default=False,
        description="Batch normalisation of the hidden layer, with flatten pooling only.",
    )

    @model_validator(mode="after")
    def _check_hidden(self) -> "Head":
        if self.pooling == "flatten" and not self.hidden:
            raise problem(
                "at least 1 unit where 'pooling' is 'flatten'",
                "Give a number of units, or set 'pooling' to 'attention'.",
                key="hidden",
                found="0",
            )
        return self


class HybridModel(Section):
    """Wide residual network, sequence layers and a fully connected head."""

    architecture: Literal["hybrid"] = Field(description="Type of network.")
    motifs: _Motifs = False
    teacher: _Teacher = None
    resnet: ResNet = Field(description="The wide residual network.")
    sequence: Annotated[Attention | Lstm | NoSequence, Field(discriminator="kind")] = Field(
        description="The layers that relate positions to each other."
    )
    head: Head = Field(description="The fully connected head.")
    train: _Overlay = Field(default_factory=TrainOverlay)

    @model_validator(mode="after")
    def _check_motifs(self) -> "HybridModel":
        if self.motifs and self.resnet.embedding:
            raise problem(
                "kernels that see bases, to start from motifs",
                "Set 'embedding' to 0 or 'motifs' to false.",
                key="motifs",
                found="true, beside an embedding",
            )
        return self


class DeepSeaModel(Section):
    """DeepSEA (Zhou & Troyanskaya 2015)."""

    architecture: Literal["deepsea"] = Field(description="Type of network.")
    teacher: _Teacher = None
    channels: Counts = Field(description="Channels of each convolution.")
    kernel: Count = Field(description="Kernel of the convolutions, in positions.")
    pool: Count = Field(description="Max-pooling after all but the last, in positions.")
    hidden: Count = Field(description="Units of the fully connected layer.")
    dropout: Annotated[list[Share], Field(min_length=1)] = Field(
        description="Dropout after each convolution."
    )
    train: _Overlay = Field(default_factory=TrainOverlay)

    @model_validator(mode="after")
    def _check_dropout(self) -> "DeepSeaModel":
        _check_lengths(self, "dropout")
        return self


class DanQModel(Section):
    """DanQ (Quang & Xie 2016)."""

    architecture: Literal["danq"] = Field(description="Type of network.")
    motifs: _Motifs = False
    teacher: _Teacher = None
    channels: Count = Field(description="Channels of the convolution.")
    kernel: Count = Field(description="Kernel of the convolution in bp.")
    pool: Count = Field(description="Max-pooling after the convolution, in bp.")
    lstm: Count = Field(description="Units of the LSTM in each direction.")
    hidden: Count = Field(description="Units of the fully connected layer.")
    dropout: Annotated[list[Share], Field(min_length=2, max_length=2)] = Field(
        description="Dropout after the pooling and after the LSTM."
    )
    train: _Overlay = Field(default_factory=TrainOverlay)


class Rates(Section):
    """Learning rates of the parts of a network, relative to the peak learning rate."""

    stem: Positive = Field(
        default=1.0, description="Factor of the learning rate for the first convolution."
    )
    body: Positive = Field(
        default=1.0,
        description="Factor of the learning rate for the layers between the first convolution and "
        "the head.",
    )
    head: Positive = Field(default=1.0, description="Factor of the learning rate for the head.")


FROZEN_PARTS = {"none": (), "stem": ("stem",), "all_but_head": ("stem", "body")}
"""Values of ``freeze`` → parts of the network that are not trained."""


class FineTunedModel(Section):
    """A trained model that is trained further, with its sizes."""

    start_from: LocalPath = Field(
        description="Folder of a trained model, also of one that this run trains, as "
        "results/{dataset}/{model}/model; the name of a model that comes with the package; or "
        "hf:USER/MODEL@COMMIT, a model of the Hugging Face hub."
    )
    freeze: Literal["none", "stem", "all_but_head"] = Field(
        default="none",
        description="What keeps the weights of the earlier model: nothing, the first convolution, "
        "or all but the head.",
    )
    rates: Rates = Field(
        default_factory=Rates,
        description="Learning rate of each part of the network, relative to `learning_rate`.",
    )
    train: _Overlay = Field(default_factory=TrainOverlay)

    @model_validator(mode="after")
    def _check_rates(self) -> "FineTunedModel":
        for part in FROZEN_PARTS[self.freeze]:
            if part in self.rates.model_fields_set:
                raise problem(
                    f"rates of trained parts only, with 'freeze: {self.freeze}'",
                    "Remove it, or change 'freeze'.",
                    key=f"rates.{part}",
                    found=f"{getattr(self.rates, part)}, for a part that is frozen",
                )
        return self


def _kind_of_model(value: Any) -> str | None:
    """Whether a model has an architecture or starts from a model, if it is one of the two."""
    if isinstance(value, Section):
        return "fine_tuned" if isinstance(value, FineTunedModel) else "network"
    if not isinstance(value, Mapping):
        return "network"
    kinds = {"architecture": "network", "start_from": "fine_tuned"}
    found = [kind for key, kind in kinds.items() if key in value]
    return found[0] if len(found) == 1 else None


UntrainedModel = Annotated[
    HybridModel | DeepSeaModel | DanQModel, Field(discriminator="architecture")
]
Model = Annotated[
    Annotated[UntrainedModel, Tag("network")] | Annotated[FineTunedModel, Tag("fine_tuned")],
    Discriminator(
        _kind_of_model,
        custom_error_type="problem",
        custom_error_message="expected {expected}",
        custom_error_context={
            "expected": "exactly one of the keys architecture and start_from",
            "remedy": "Give 'architecture' with the sizes of the network, or 'start_from', the "
            "folder of a trained model whose sizes are kept. A fine-tuned model needs a name that "
            "no entry of config.yaml has.",
        },
    ),
]
