"""Regions and variants per second: this project, tangermeme and a plain loop.

    python benchmarks/apply.py --json apply.json
    python benchmarks/apply.py --model results/yeast/convnext/model --regions 500 --variants 200

Applies a model to a random genome, each side in a separate process with the same files and threads:

ours
    `noncoding.stages.predict_regions` and `noncoding.stages.score_variants`, which write HDF5.
tangermeme
    `extract_loci`, then `predict`, `substitution_effect`, or `deletion_effect` and
    `insertion_effect`, each with the mean logit of both strands, in batches of `--small-batch`
    windows, whose features fit into the caches of a CPU.
loop
    Reads and predicts one region or variant at a time; a tenth of the regions and variants.

The time is that from the files to the probabilities or scores of all targets on both strands, with
the loading of the model; the time of the processor, of all threads, depends less on other programs.
`network` is the share of the first that is spent in the network. Variants are
SNVs at distinct sites, three SNVs at each site, and insertions and deletions of 1 to 10 bp.
`max_abs_difference` is the largest difference between the values of ours and of the loop, over all
targets. Windows of insertions and deletions differ between the three, see docs/performance.md.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import common
import numpy as np
import pandas as pd

SIDES = ("ours", "tangermeme", "loop")
REGIONS, SNVS, SHARED, INDELS = "regions", "SNVs", "three SNVs per site", "indels"
TASKS = (REGIONS, SNVS, SHARED, INDELS)
LOOP = 10
"""The loop has so many times fewer regions and variants."""
LONGEST = 10
"""Of an insertion or deletion, in bp."""
CHROMOSOME = "chr1"


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--model", default="yeast", help="folder, or name of a shipped model")
    parser.add_argument("--regions", type=int, default=4000)
    parser.add_argument("--variants", type=int, default=2000, help="of each kind")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--small-batch", type=int, default=16, help="of tangermeme")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    common.add_sides(parser, [*SIDES, "make"])
    arguments = parser.parse_args()
    if arguments.side == "make":
        make(arguments.work, arguments.regions, arguments.variants)
        print("{}")
    elif arguments.side:
        print(json.dumps(measured(arguments)))
    else:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    options: list[object] = ["--work", folder]
    for name in ("model", "regions", "variants", "batch", "small_batch", "threads"):
        options += [f"--{name.replace('_', '-')}", getattr(arguments, name)]
    common.run_side(__file__, "--side", "make", *options)
    figures: dict[str, object] = {
        "benchmark": "apply",
        "model": arguments.model,
        "batch": arguments.batch,
        "batch of tangermeme": arguments.small_batch,
        "threads": arguments.threads,
        "hardware": common.hardware(),
    }
    for task in TASKS:
        found = {}
        for name in SIDES:
            side = common.run_side(__file__, "--side", name, "--task", task, *options)
            found[name] = side.figures
            figures[f"{task}, {name}"] = {
                "per second": round(side.figures["per_second"], 1),
                "per CPU second": round(side.figures["per_cpu_second"], 1),
                "network": round(side.figures["network"], 3),
                "peak MiB": round(side.peak_mib),
            }
        for name in SIDES[1:]:
            figures[f"{task}, ours over {name}"] = {
                unit.replace("_", " ").replace("cpu", "CPU"): round(
                    found["ours"][unit] / found[name][unit], 2
                )
                for unit in ("per_second", "per_cpu_second")
            }
        if task != INDELS:  # whose alleles ours extends over their repeats
            first, other = (np.load(folder / f"{task}.{name}.npy") for name in ("ours", "loop"))
            figures[f"{task}, max_abs_difference"] = float(
                np.abs(first[: len(other)] - other).max()
            )
    common.write_json(arguments.json, figures)


def make(folder: Path, regions: int, variants: int) -> None:
    """Write genome.fa with its index, regions.bed, and a table for each kind of variants."""
    import pysam

    generator = np.random.default_rng(1)
    size = max(200 * regions, 20 * variants) + 4000
    genome = "".join(generator.choice(list("ACGT"), size))
    (folder / "genome.fa").write_text(f">{CHROMOSOME}\n{genome}\n", encoding="utf-8")
    pysam.faidx(str(folder / "genome.fa"))
    starts = 1000 + 200 * np.arange(regions)
    bed = pd.DataFrame({"chromosome": CHROMOSOME, "start": starts, "end": starts + 200})
    bed.to_csv(folder / "regions.bed", sep="\t", header=False, index=False)

    def sites(count: int) -> list[int]:
        return sorted(generator.choice(np.arange(2000, size - 2000), count, replace=False).tolist())

    def others(base: str) -> list[str]:
        return generator.permutation(sorted({*"ACGT"} - {base})).tolist()

    distinct = [(at, genome[at], others(genome[at])[0]) for at in sites(variants)]
    shared = [(at, genome[at], base) for at in sites(variants // 3) for base in others(genome[at])]
    indels = []
    for at in sites(variants):
        length = int(generator.integers(1, LONGEST + 1))
        if generator.random() < 0.5:
            indels.append((at, genome[at : at + length + 1], genome[at]))
        else:
            inserted = "".join(generator.choice(list("ACGT"), length))
            indels.append((at, genome[at], genome[at] + inserted))
    for task, rows in ((SNVS, distinct), (SHARED, shared), (INDELS, indels)):
        table = pd.DataFrame(rows, columns=["pos", "ref", "alt"])
        table["pos"] += 1
        table.insert(0, "chrom", CHROMOSOME)
        table.to_csv(folder / f"{task}.tsv", sep="\t", index=False)


def measured(arguments: argparse.Namespace) -> dict[str, float]:
    """Run a side of a task, save its values, and give its figures."""
    import torch

    torch.set_num_threads(arguments.threads)
    run = SIDE[arguments.side](arguments)
    with in_network() as spent:
        start, cpu = time.perf_counter(), time.process_time()
        values = run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    np.save(arguments.work / f"{arguments.task}.{arguments.side}.npy", values)
    return {
        "per_second": len(values) / seconds,
        "per_cpu_second": len(values) / cpu,
        "network": sum(spent) / seconds,
    }


@contextmanager
def in_network() -> Iterator[list[float]]:
    """Collect the seconds of each forward pass of a network."""
    from torch.nn.modules import module

    from noncoding.models.network import Network

    started: list[float] = []
    spent: list[float] = []

    def before(of: object, *_: object) -> None:
        if isinstance(of, Network):
            started.append(time.perf_counter())

    def after(of: object, *_: object) -> None:
        if isinstance(of, Network):
            spent.append(time.perf_counter() - started.pop())

    hooks = (
        module.register_module_forward_pre_hook(before),
        module.register_module_forward_hook(after),
    )
    try:
        yield spent
    finally:
        for hook in hooks:
            hook.remove()


Run = Callable[[], np.ndarray]


def ours(arguments: argparse.Namespace) -> Run:
    import h5py

    from noncoding.settings.apply import RegionOptions, VariantOptions
    from noncoding.stages.predict_regions import predict_regions
    from noncoding.stages.score_variants import score_variants

    genome, out = str(arguments.work / "genome.fa"), arguments.work / f"{arguments.task}.h5"

    def run() -> np.ndarray:
        model, batch = arguments.model, arguments.batch
        if arguments.task == REGIONS:
            bed = str(arguments.work / "regions.bed")
            options = RegionOptions(genome=genome, bed=bed)
            predict_regions(model, out, options, device="cpu", batch_size=batch)
        else:
            table = str(arguments.work / f"{arguments.task}.tsv")
            scored = VariantOptions(genome=genome, table=table)
            score_variants(model, out, scored, device="cpu", batch_size=batch)
        with h5py.File(out) as file:
            name = "probability" if arguments.task == REGIONS else "logit_difference"
            return file[name][:]

    return run


def tangermeme(arguments: argparse.Namespace) -> Run:
    import torch
    from tangermeme.io import extract_loci
    from tangermeme.predict import predict
    from tangermeme.variant_effect import deletion_effect, insertion_effect, substitution_effect

    from noncoding.common.threads import same_threads
    from noncoding.models.export import load_model

    fasta = str(arguments.work / "genome.fa")
    how = {"batch_size": arguments.small_batch, "device": "cpu"}

    class BothStrands(torch.nn.Module):
        """Not that of the package, which splits batches by itself."""

        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, sequences: torch.Tensor) -> torch.Tensor:
            return (self.network(sequences) + self.network(sequences.flip(1, 2))) / 2

    def windows(starts: np.ndarray, length: int, extra: int = 0) -> torch.Tensor:
        """Windows in which the base at a start has `length // 2` bases before it."""
        first = starts - length // 2
        loci = pd.DataFrame({"chrom": CHROMOSOME, "start": first, "end": first + length + extra})
        with same_threads():
            return extract_loci(loci, fasta, in_window=length + extra, n_jobs=arguments.threads)

    def differences(network: torch.nn.Module, table: pd.DataFrame, length: int) -> np.ndarray:
        starts, at = table["pos"].to_numpy() - 1, length // 2
        if arguments.task != INDELS:
            bases = table["alt"].map("ACGT".index)
            rows = np.column_stack([np.arange(len(table)), np.full(len(table), at), bases])
            found = substitution_effect(network, windows(starts, length), rows, **how)
            return (found.y_after - found.y_before).numpy()
        values = np.empty((len(table), len(network(torch.zeros(1, 4, length))[0])), np.float32)
        deletes = (table["ref"].str.len() > 1).to_numpy()
        # The first base of both alleles is the same. Inserted bases are given in reverse order.
        deleted = [len(ref) - 1 for ref in table["ref"][deletes]]
        inserted = [alt[:0:-1] for alt in table["alt"][~deletes]]
        of_deletions = [(row, at + n) for row, count in enumerate(deleted) for n in range(count)]
        of_insertions = [
            (row, at, "ACGT".index(base)) for row, bases in enumerate(inserted) for base in bases
        ]
        for chosen, effect, rows, extra in (
            (deletes, deletion_effect, of_deletions, LONGEST),
            (~deletes, insertion_effect, of_insertions, 0),
        ):
            sequences = windows(starts[chosen] + 1, length, extra)
            found = effect(network, sequences, np.array(rows), **how)
            values[chosen] = (found.y_after - found.y_before).numpy()
        return values

    def run() -> np.ndarray:
        exported = load_model(arguments.model)
        length = exported.length
        if arguments.task == REGIONS:
            bed = pd.read_csv(arguments.work / "regions.bed", sep="\t", header=None)
            sequences = windows((bed[1] + bed[2]).to_numpy() // 2, length)
            strands = (sequences, sequences.flip(1, 2))
            both = [predict(exported.network, strand, **how).sigmoid() for strand in strands]
            return ((both[0] + both[1]) / 2).numpy()
        table = pd.read_csv(arguments.work / f"{arguments.task}.tsv", sep="\t")
        return differences(BothStrands(exported.network), table, length)

    return run


def loop(arguments: argparse.Namespace) -> Run:
    import pysam
    import torch

    from noncoding.data.one_hot import codes, one_hot
    from noncoding.models.export import load_model

    def logits(network: torch.nn.Module, forward: str, reverse: str) -> torch.Tensor:
        """Of both strands; the second window is reverse complemented."""
        strands = [torch.from_numpy(one_hot(codes(text))).float() for text in (forward, reverse)]
        with torch.inference_mode():
            return torch.cat([network(strands[0][None]), network(strands[1].flip(0, 1)[None])])

    def run() -> np.ndarray:
        exported = load_model(arguments.model)
        network, length = exported.network, exported.length
        values = []
        with pysam.FastaFile(str(arguments.work / "genome.fa")) as fasta:
            if arguments.task == REGIONS:
                bed = pd.read_csv(arguments.work / "regions.bed", sep="\t", header=None)
                for _, start, end in bed[: len(bed) // LOOP].itertuples(index=False):
                    first = (start + end) // 2 - length // 2
                    window = fasta.fetch(CHROMOSOME, first, first + length)
                    values.append(logits(network, window, window).sigmoid().mean(dim=0))
                return torch.stack(values).numpy()
            table = pd.read_csv(arguments.work / f"{arguments.task}.tsv", sep="\t")
            for _, pos, ref, alt in table[: len(table) // LOOP].itertuples(index=False):
                alleles = []
                for allele in (ref, alt):
                    strands = []
                    # The alleles are centred on both strands.
                    for before in ((length - len(allele)) // 2, -(-(length - len(allele)) // 2)):
                        end = pos - 1 + len(ref)
                        left = fasta.fetch(CHROMOSOME, pos - 1 - before, pos - 1)
                        right = fasta.fetch(CHROMOSOME, end, end + length)
                        strands.append((left + allele + right)[:length])
                    alleles.append(logits(network, *strands).mean(dim=0))
                values.append(alleles[1] - alleles[0])
            return torch.stack(values).numpy()

    return run


SIDE = {"ours": ours, "tangermeme": tangermeme, "loop": loop}


if __name__ == "__main__":
    main()
