"""Draw the architecture of the hybrid model, with the shapes of the network.

python docs/figures/draw_hybrid.py
"""

from itertools import pairwise
from pathlib import Path

import torch
import yaml
from matplotlib.patches import FancyBboxPatch

from noncoding.common.plot_style import COLOURS, saved_figure
from noncoding.models.architectures import create_model

ROOT = Path(__file__).parents[2]
LENGTH, TARGETS = 1000, 919


def traced() -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Output shape and number of parameters of each part of the default hybrid."""
    sizes = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["models"]["hybrid"]
    network = create_model(length=LENGTH, targets=TARGETS, **sizes).eval()
    parts = {
        "stem": network.resnet.stem,
        **{f"block {n}": block for n, block in enumerate(network.resnet.blocks, 1)},
        "sequence": network.sequence,
        "head": network.head,
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for name, part in parts.items():
        part.register_forward_hook(
            lambda _module, _inputs, output, name=name: shapes.update({name: output.shape[1:]})
        )
    with torch.inference_mode():
        network(torch.zeros(1, 4, LENGTH))
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    return shapes, counts | {"resnet": sum(p.numel() for p in network.resnet.parameters())}


def main() -> None:
    shapes, counts = traced()
    millions = {name: f"{count / 1e6:.2f} M parameters" for name, count in counts.items()}
    channels, positions = shapes["block 3"]
    boxes = [
        # Left edge, width, name, shape, colour.
        (0.0, 1.9, "DNA, one-hot", f"4 × {LENGTH}", "0.85"),
        (2.3, 1.9, "Stem", "{} × {}".format(*shapes["stem"]), COLOURS[4]),
        (4.6, 1.9, "Residual block 1", "{} × {}".format(*shapes["block 1"]), COLOURS[4]),
        (6.9, 1.9, "Residual block 2", "{} × {}".format(*shapes["block 2"]), COLOURS[4]),
        (9.2, 1.9, "Residual block 3", f"{channels} × {positions}", COLOURS[4]),
        (11.5, 1.9, "Transformer-XL", f"{shapes['sequence'][1]} × {positions}", COLOURS[1]),
        (
            13.8,
            1.9,
            "Concatenation",
            f"{channels + shapes['sequence'][1]} × {positions}",
            "0.85",
        ),
        (16.1, 1.9, "Head", f"{shapes['head'][0]} logits", COLOURS[2]),
    ]
    with saved_figure(
        ROOT / "docs/figures/hybrid.svg", ROOT / "docs/figures/hybrid.png", width=13, height=2.9
    ) as figure:
        axes = figure.add_subplot()
        axes.set(xlim=(-0.2, 18.2), ylim=(-1.35, 2.6))
        axes.axis("off")
        for x, width, title, shape, colour in boxes:
            axes.add_patch(
                FancyBboxPatch(
                    (x, 0), width, 1.2, boxstyle="round,pad=0.02", fc=colour, ec="0.3", alpha=0.55
                )
            )
            axes.text(x + width / 2, 0.82, title, ha="center", va="center", weight="bold")
            axes.text(x + width / 2, 0.36, shape, ha="center", va="center")
        for (x, width, *_), (after, *_) in pairwise(boxes):
            axes.annotate(
                "", (after, 0.6), (x + width, 0.6), arrowprops={"arrowstyle": "->", "lw": 1.2}
            )
        axes.annotate(
            "",
            (14.7, 1.25),
            (10.2, 1.25),
            arrowprops={"arrowstyle": "->", "lw": 1.4, "connectionstyle": "arc3,rad=-0.28"},
        )
        axes.text(12.4, 2.2, "skip connection", ha="center")
        for left, right, text in (
            (2.3, 11.1, f"WideResNet, channels × positions: {millions['resnet']}"),
            (11.5, 13.4, millions["sequence"].replace(" param", "\nparam")),
            (16.1, 18.0, millions["head"].replace(" param", "\nparam")),
        ):
            axes.plot([left, left, right, right], [-0.2, -0.35, -0.35, -0.2], color="0.3", lw=1)
            axes.text((left + right) / 2, -0.45, text, ha="center", va="top")


if __name__ == "__main__":
    main()
