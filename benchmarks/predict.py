"""Prediction at the official input size: loci and variants per second, averaged over both strands.

    python benchmarks/predict.py --json predict.json
    python benchmarks/predict.py --models compact --loci 256 --variants 64

Creates a store of random sequences (1000 bp, 919 targets) with both strands, and predicts its
loci as the stage `predict` does; and a random genome, of which it scores SNVs at random sites as
the stage `score_variants` does, with the scores of all targets. Both after a warm-up batch.
On a GPU, loci are also predicted with channels last (see `noncoding.models.layers`), as a CPU
always does.
"""

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import common
import numpy as np
import pandas as pd
from load import LENGTH, TARGETS, make
from train import configuration, device_name, new_network

from noncoding.data.genome.sequences import Sequences
from noncoding.data.store import Store
from noncoding.data.variants.alleles import Allele
from noncoding.data.variants.variant import PlacedVariant, Status, Variant
from noncoding.models.export import ExportedModel
from noncoding.models.layers import channels_last
from noncoding.prediction.inference import device, predict_loci
from noncoding.prediction.variants import VariantScorer

CHROMOSOME = 1_000_000
"""bp"""


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--models", nargs="*", default=["hybrid"])
    parser.add_argument("--loci", type=int, default=16_384)
    parser.add_argument("--variants", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=configuration()["predict"]["batch_size"])
    arguments = parser.parse_args()
    figures: dict[str, Any] = {
        "benchmark": "predict",
        "batch": arguments.batch,
        "hardware": common.hardware(),
        "device": device_name(),
    }
    table = pd.DataFrame({"index": range(TARGETS), "name": map(str, range(TARGETS))})
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), arguments.loci)
        sequences, variants = random_variants(Path(folder), arguments.variants)
        with Store(Path(folder, "store.h5")) as store:
            for name in arguments.models:
                network = new_network(name).eval().to(device())

                def predict(loci: slice, network: Any = network) -> None:
                    predict_loci(network, store, loci, arguments.batch, device(), lambda _: None)

                layouts: dict[str, Any] = {"": nullcontext()}
                if device().type != "cpu":
                    layouts["_channels_last"] = channels_last()
                for layout, context in layouts.items():
                    with context:
                        predict(slice(0, arguments.batch))
                        start = time.perf_counter()
                        predict(slice(0, store.loci_count))
                        per_second = store.loci_count / (time.perf_counter() - start)
                    figures[f"{name}{layout}_loci_per_second"] = round(per_second, 1)
                    common.write_json(arguments.json, figures)
                exported = ExportedModel(network, table, {}, Path())
                scorer = VariantScorer(exported, device(), batch_size=arguments.batch)
                size = scorer.block
                blocks = [variants[at : at + size] for at in range(0, len(variants), size)]
                for _ in scorer.scores([variants[: arguments.batch]], sequences):
                    pass
                start = time.perf_counter()
                for _ in scorer.scores(blocks, sequences):
                    pass
                per_second = len(variants) / (time.perf_counter() - start)
                figures[f"{name}_variants_per_second"] = round(per_second, 1)
                common.write_json(arguments.json, figures)


def random_variants(folder: Path, count: int) -> tuple[Sequences, list[PlacedVariant]]:
    """A genome of one chromosome in memory, and SNVs at random sites in ascending order."""
    generator = np.random.default_rng(0)
    bases = np.frombuffer(b"ACGT", np.uint8)[generator.integers(0, 4, CHROMOSOME)].tobytes()
    fasta = folder / "genome.fa"
    fasta.write_bytes(b">chr1\n" + bases + b"\n")
    placed = []
    for at in np.sort(generator.integers(LENGTH, CHROMOSOME - LENGTH, count)).tolist():
        ref = bases[at : at + 1]
        alt = b"ACGT"[(b"ACGT".index(ref) + 1) % 4 :][:1]
        variant = Variant(len(placed), 0, "chr1", at + 1, ".", ref.decode(), alt.decode())
        alleles = (Allele("chr1", at, at + 1, each) for each in (ref, alt))
        placed.append(PlacedVariant(variant, Status.scored, *alleles))
    return Sequences(fasta), placed


if __name__ == "__main__":
    main()
