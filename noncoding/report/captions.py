"""Captions of figures, and contents of the files that the page lists."""

from typing import NamedTuple

from noncoding import layout
from noncoding.evaluation.calibration import MIN_EXPECTED, MIN_PREDICTIONS
from noncoding.layout import SPLITS, SUMMARY, TARGETS


class Caption(NamedTuple):
    """Text of a figure: what is plotted, for screen readers, and how to read it."""

    alt: str
    text: str


FAITHFULNESS = Caption(
    "Faithfulness of every attribution method: agreement with planted motifs and with in-silico "
    "mutagenesis, effect of the top-ranked bases, deletion and insertion curves, and "
    "model-randomisation test",
    "All methods on the same sequences. Top: means over targets with 95 % intervals (targets "
    "resampled); dotted: expected by chance; grey crosses: position-matched control, i.e. the "
    "same metric with the attributions of another sequence of the target. Bottom left and "
    "middle: share of the logit that remains after the top-ranked bases are shuffled (deletion) "
    "or after all other bases are shuffled (insertion); shuffles preserve dinucleotide counts. "
    "Bottom right: model-randomisation test, the rank correlation between the attributions and "
    "those of a network whose weights are permuted progressively, from the last layer to the "
    "first. Attributions that do not change do not depend on what the network learned.",
)

CAPTIONS = {
    "positives_per_target": Caption(
        "Number of positive training loci of each target, by group",
        "One point per target, sorted within its group. Targets with few positives are harder to "
        "learn, and their test metrics have a higher variance.",
    ),
    "labels_per_row": Caption(
        "Distribution of the number of positive targets per locus, by split",
        "Share of loci by number of positive targets. The curves coincide if the splits "
        "have the same distribution.",
    ),
    "base_composition": Caption(
        "Frequencies of A, C, G, T and N, by split",
        "Base composition of all windows; N is an unknown base.",
    ),
    "gc_content": Caption(
        "Distribution of the GC content of windows with and without a label, by split",
        "Histograms in bins of 2 %; in brackets, the number of windows. Where negatives were "
        "added (loci without a label), the curves coincide if GC content is matched. If they "
        "differ, GC content alone partly separates loci with and without a label.",
    ),
    "prevalence_by_split": Caption(
        "Prevalence of each target in the training and test splits",
        "One point per target. Targets far from the dotted line differ in prevalence between "
        "training and test; their predicted probabilities tend to be miscalibrated.",
    ),
    "learning_curve": Caption(
        "Training and validation loss, and validation AUROC and AUPR, by epoch",
        "Left: binary cross-entropy, averaged over targets, on the training and validation "
        "splits. Right: mean AUROC and AUPR on the validation split. The vertical line marks the "
        "epoch whose averaged weights were kept.",
    ),
    "layers": Caption(
        "Heat maps of weight norm, relative gradient norm and share of dead units, by layer and "
        "optimiser step",
        "One row per weight tensor, from the first layer (top) to the last; bold: parts of the "
        "network. Left: Euclidean norm of the weights after the step. Middle: norm of the clipped "
        "gradient divided by that of the weights; dark rows are layers that hardly change, and "
        "bright vertical stripes are steps that changed all layers. Both scales are logarithmic; "
        "arrows on the colour bars indicate values out of range. Right: share of a layer's units "
        "(rows of a matrix or kernel; biases and normalisation layers are excluded) whose gradient "
        "was exactly zero in the step; the numbers are those of dead units at the end.",
    ),
    "metrics_by_group": Caption(
        "AUROC and AUPR of each target, by group, with medians",
        "One point per target; the line marks the group's median. A random classifier has an "
        "AUROC of 0.5.",
    ),
    "auprc_by_prevalence": Caption(
        "AUPR of each target against its prevalence",
        "One point per target. The AUPR of a random classifier equals the prevalence (dotted "
        "line). Both axes are logarithmic.",
    ),
    "curves": Caption(
        "ROC and precision–recall curves of selected targets",
        "ROC curves (left) and precision–recall curves (right). Precision is the share of true "
        "positives among the loci that are predicted positive; that of a random classifier equals "
        "the prevalence (dotted lines).",
    ),
    "calibration": Caption(
        "Share of positive loci against the predicted probability, by group",
        "Predictions of all targets of a group, binned by predicted probability. Bins with fewer "
        f"than {MIN_PREDICTIONS} predictions or {MIN_EXPECTED} expected positives, or without "
        "observed positives, are omitted. The dotted line is perfect calibration; below it, the "
        "model is over-confident.",
    ),
    "cooccurrence": Caption(
        "Predicted against observed correlation of pairs of targets",
        "Horizontal axis: correlation of the labels of two targets (phi coefficient). Vertical "
        "axis: the correlation expected if each label were drawn independently with its predicted "
        "probability. For pairs on the dotted line, the predictions account for the whole "
        "correlation.",
    ),
    "genome_wide_auprc": Caption(
        "AUPR of each target on all bins of the test chromosomes against that on labelled bins",
        "One point per target. Labelled bins are those of the test split with at least one label. "
        "Both values come from the same predictions. Points are below the dotted line where the "
        "bins without any label add false positives.",
    ),
    "genome_wide_gain": Caption(
        "Ratio of AUPR to prevalence of each target on all bins against that on labelled bins",
        "One point per target. A random classifier has a ratio of 1 on either set of bins. The "
        "prevalence is lower on all bins, so a lower AUPR can be a larger gain.",
    ),
    "ranking": Caption(
        "Mean AUPR and median AUROC of all classifiers, in descending order",
        "The averages of the table. Bars: 95 % intervals from a bootstrap over blocks of "
        "neighbouring test loci. They do not include the variation between trainings with "
        "different seeds; published results have no interval.",
    ),
    "versus": Caption(
        "AUPR of the best model against that of each other classifier, by target",
        "One point per target; above the dotted line, the best model of this run has the higher "
        "AUPR.",
    ),
}
"""By the names in `noncoding.layout.FIGURES`."""

CONTENTS = {
    "tile": {f"{split}.h5": f"Sequences and labels of the {split} split, HDF5" for split in SPLITS},
    "describe": {
        SUMMARY: "Statistics of the data",
        TARGETS: "Positive loci of each target, by split",
    },
    "compare": {
        TARGETS: "AUROC and AUPR of each target by every classifier",
        layout.RANKING: "All classifiers, ranked",
        layout.PAIRS: "All pairwise comparisons of classifiers",
    },
    "train": {
        "model": "Trained model with model card",
        f"training/{layout.METRICS_LOG}": "Training log",
        f"training/{layout.LAYERS_LOG}": "Norms of weights and gradients of each layer",
    },
    "ensemble": {"model": "Ensemble with model card"},
    "predict": {
        layout.PREDICTIONS: "Predicted probability of each target at each test locus, HDF5",
    },
    "evaluate": {
        TARGETS: "Metrics of each target",
        SUMMARY: "Averages over targets, unrounded",
    },
    "tile_genome_wide": {
        layout.GENOME_WIDE: "Sequences and labels of all bins of the test chromosomes, HDF5",
    },
    "predict_genome_wide": {
        layout.PREDICTIONS: "Predicted probability of each target at each of these bins, HDF5",
    },
    "evaluate_genome_wide": {
        TARGETS: "Metrics of each target on all bins and on labelled bins",
        SUMMARY: "Averages over targets, unrounded",
    },
    "explain": {
        layout.MAPS: "Attributions of all methods, with coordinates, HDF5",
        layout.TRACKS: "Attributions as bedGraph files for a genome browser",
        TARGETS: "Explained targets",
        layout.FAITHFULNESS: "Faithfulness of each method, by target",
    },
    "motifs": {
        layout.PATTERNS: "Learned motifs and their closest known motifs",
        layout.PATTERNS_MEME: "Learned motifs in MEME format",
    },
}
"""Stage → file or folder → its contents."""

APPLIED = {
    "predict_regions": "Predicted probabilities for the regions",
    "score_variants": "Scores of the variants",
}
"""Stage → contents of its main output, before the name of the entry of ``apply``."""

STATUSES = {
    "scored": "scored; the window is within the chromosome",
    "scored_padded": "scored; the window extends beyond an end of the chromosome",
    "swapped": "scored; the genome has ALT in place of REF",
    "ref_mismatch": "REF is not the sequence of the genome",
    "unknown_contig": "the genome has no such chromosome",
    "outside_contig": "the position is not within the chromosome",
    "symbolic": "symbolic allele, such as <DEL>",
    "spanning_deletion": "deleted by another variant (*)",
    "breakend": "breakend of a rearrangement",
    "too_long": "longer than the window",
    "same_as_reference": "ALT is the same as REF",
    "no_alternative": "no ALT",
    "ambiguous_allele": "letters other than A, C, G, T and N",
}
"""Status of an allele → its meaning; see `noncoding.data.variants.variant.Status`."""
