"""Toy inputs of the workflow: a bundle's target table, and a genome with peaks."""

import copy

import pandas as pd
from toy_bundle import LENGTH, TARGETS, toy_rows

GENOME = {
    "source": "genome",
    "fasta": {"url": "genome.fa", "sha256": None},
    "peaks": {"folder": "peaks", "pattern": "*.bed", "suffix": ".bed", "group": "TF"},
    "chromosome_map": {},
    "exclude": None,
    "window": LENGTH,
    "bin": 10,
    "peak": "overlap",
    "min_overlap": 0.5,
    "min_peaks": 1,
    "min_positives": 1,
    "splits": {"train": ["one"], "valid": ["two"], "test": ["three"]},
}

SIMULATED = {
    "source": "simulated",
    "loci": {"train": 8, "valid": 2, "test": 2},
    "prevalence": 0.5,
    "window": 300,
    "bin": 100,
}


def bundle_of(url, table):
    """A data set of the toy bundle, which is fetched from a URL; writes its target table."""
    names = pd.DataFrame(
        {
            "index": range(TARGETS),
            "name": list("abcde"),
            "group": ["TF"] * 3 + ["DNase"] * 2,
            "test_positives": toy_rows()["test"][1].sum(axis=0),
        }
    )
    names.to_csv(table, sep="\t", index=False)
    return {
        "source": "bundle",
        "verify": "strict",
        "archive": {"url": url, "sha256": None},
        "targets": str(table),
        "window": LENGTH,
        "bin": 10,
    }


def write_genome(folder):
    """Three chromosomes and two peak files; gives the data set."""
    unit = "ACGTTGCAAC" * 40
    chromosomes = ("one", "two", "three")
    (folder / "genome.fa").write_text("".join(f">{name}\n{unit}\n" for name in chromosomes))
    (folder / "peaks").mkdir()
    for number, name in enumerate(("p", "q")):
        lines = [
            f"{chromosome}\t{start}\t{start + 1}\n"
            for chromosome in chromosomes
            for start in range(100 + 30 * number, 300, 50)
        ]
        (folder / "peaks" / f"{name}.bed").write_text("".join(lines))
    return copy.deepcopy(GENOME)


def write_applied(folder):
    """Sequences and variants of the toy genome; gives the section `apply`.

    Two entries are those of any data set, and two those of the genome named ``own``.
    """
    (folder / "sequences.fa").write_text(">a\n" + "ACGTTGCAAC" * 10 + "\n>b\nACGT\n")
    alleles = [(200, "C", "G"), (7, "CAA", "C"), (31, "G", "T")]
    rows = [f"one\t{position}\t{ref}\t{alt}\n" for position, ref, alt in alleles]
    (folder / "variants.tsv").write_text("chrom\tpos\tref\talt\n" + "".join(rows))
    (folder / "variants.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "one\t7\trs1\tCAA\tC\t.\t.\t.\none\t200\t.\tC\tG,<DEL>\t.\t.\t.\n"
    )
    return {
        "regions": {
            "sequences": {"fasta": "sequences.fa", "stride": 5, "format": "tsv.gz", "long": False},
            "track": {"datasets": ["own"], "regions": ["one"], "format": "bigwig"},
        },
        "variants": {
            "table": {"table": "variants.tsv", "genome": "genome.fa", "offsets": [0], "plot": 1},
            "vcf": {"datasets": ["own"], "vcf": "variants.vcf", "format": "vcf.gz"},
        },
    }
