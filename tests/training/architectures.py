"""The kinds of network that the configurations ship, at toy size."""

from toy_store import BEST, DANQ, DEEPSEA, toy_sizes

HYBRID = toy_sizes("flatten")
HYBRID["resnet"] |= {"embedding": 4, "stem_pool": 1, "strides": [2, 2]}

COMPACT = toy_sizes("attention")
COMPACT["resnet"] |= {"stem_activation": "exponential", "stem_both_strands": True}
COMPACT["head"]["hidden"] = 0

ARCHITECTURES = {
    "hybrid": HYBRID,
    "compact": COMPACT,
    "best": BEST,
    "deepsea": DEEPSEA,
    "danq": DANQ,
}
