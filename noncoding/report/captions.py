"""What stands under the figures."""

from typing import NamedTuple


class Caption(NamedTuple):
    """Words of a figure.

    Attributes
    ----------
    alt : str
        What is drawn, for those who do not see it.
    text : str
        How to read it.
    """

    alt: str
    text: str


LEARNING_CURVE = Caption(
    "Training and validation loss, and validation AUROC and AUPR, by epoch",
    "Left: loss (binary cross-entropy, mean over targets) of the training and the validation "
    "split. Right: mean AUROC and AUPR of the validation split. The vertical line marks the "
    "epoch whose averaged weights were kept.",
)

LAYERS = Caption(
    "Heat maps, layer by optimiser step: weight norm, gradient norm over weight norm, dead units",
    "One row for each weight tensor, from the first layer (top) to the last. Left: Euclidean "
    "norm of the weights after the step. Middle: norm of the clipped gradient over that of the "
    "weights: dark layers hardly learn, and bright stripes are steps that changed all layers. "
    "Both scales are logarithmic, and arrows on the colour bars stand for all values beyond. "
    "Right: share of a layer's units (rows of a matrix or kernel; biases and norms are left out) "
    "whose gradient was exactly zero in the step. The title names the layer with the largest "
    "share of units that were dead to the end; without dead units, the layer whose norm changed "
    "by the largest factor, except for weights that began at zero.",
)

FAITHFULNESS = Caption(
    "Checks of every method: agreement with the truth, with in-silico mutagenesis, and what is "
    "lost and won with the strongest bases; curves of deletion, insertion and randomised weights",
    "All methods on the same sequences. Top: means over targets with 95 % intervals (targets "
    "resampled); dotted: expected by chance; grey crosses: the same check with the map of "
    "another sequence of the target, which shows what the positions alone explain. Bottom left "
    "and middle: share of the logit that is left when the strongest bases of a map are shuffled, "
    "and that is there when only they are kept; shuffles keep dinucleotides. Bottom right: rank "
    "correlation of the map with that of a network whose weights are permuted, part after part "
    "from the logits on: a map that stayed the same would not show what was learned.",
)

PATTERNS = 2
"""Patterns of TF-MoDISco that the page names for each target."""

EVALUATION = {
    "metrics_by_group": Caption(
        "AUROC and AUPR of every target, by group, with the medians",
        "One point a target; the line marks the group's median. A random classifier has an "
        "AUROC of 0.5.",
    ),
    "auprc_by_prevalence": Caption(
        "AUPR of every target against its prevalence",
        "One point a target. The AUPR of a random classifier is the prevalence (dotted), so "
        "the height above that line is what the model adds; both axes are logarithmic.",
    ),
    "curves": Caption(
        "ROC and precision–recall curves of single targets",
        "ROC curves (left) and precision–recall curves (right) of the targets in the legend. "
        "Precision is the share of true ones among the loci that are called positive; dotted, that "
        "of a random classifier, which is the prevalence.",
    ),
    "calibration": Caption(
        "Share of positive loci against the predicted probability, by group",
        "All predictions of a group's targets, put together by predicted probability; points of "
        "fewer than 20 predictions, or of fewer than 5 expected positives, are not drawn. On the "
        "dotted line a probability is what it says; below it, the model promises too much.",
    ),
    "cooccurrence": Caption(
        "Correlation of pairs of targets, as predicted against as observed",
        "Across: correlation of two targets' labels (phi coefficient). Up: the correlation that "
        "would come from drawing every label alone with its predicted probability. On the dotted "
        "line the sequence explains all that two targets have in common.",
    ),
}

COMPARISON = {
    "ranking": Caption(
        "Mean AUPR and median AUROC of all classifiers, the best first",
        "Over the targets that every classifier here scores. Bars: 95 % intervals from a "
        "bootstrap of blocks of neighbouring test loci; variation between trainings with "
        "different seeds is not included, and published results have no interval. Word "
        "regression: logistic regression on counts of short words. GC content: the share of G "
        "and C alone.",
    ),
    "versus": Caption(
        "AUPR of the best model against that of each other classifier, target by target",
        "One point a target; above the dotted line the best model is better.",
    ),
}

DATA = {
    "positives_per_target": Caption(
        "Number of positive training loci of every target, by group",
        "One point a target, sorted within its group. Targets with few positives are learned "
        "and measured less surely.",
    ),
    "labels_per_row": Caption(
        "Share of loci by number of positive targets, by split",
        "How many targets a locus is positive for. Splits that were drawn alike have curves "
        "that lie on each other.",
    ),
    "base_composition": Caption(
        "Share of A, C, G, T and N, by split",
        "Base composition of all windows; N is an unknown base.",
    ),
    "prevalence_by_split": Caption(
        "Prevalence of every target in training against that in test",
        "One point a target. Far from the dotted line, the share of positives differs between "
        "training and test, and predicted probabilities tend to be off by as much.",
    ),
}
