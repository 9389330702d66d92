"""A random genome in a FASTA file, with unknown bases and lower case, and its windows by hand."""

import random

import pysam


def random_genome(seed=0, **lengths):
    """Chromosome → sequence; one in twenty letters is N, one in four is in lower case."""
    generator = random.Random(seed)
    return {
        name: "".join(
            generator.choice((letter, letter, letter, letter.lower()))
            for letter in generator.choices("ACGTN", (5, 5, 5, 5, 1), k=length)
        )
        for name, length in lengths.items()
    }


def write_fasta(path, genome, *, index=False, width=30):
    lines = [
        f">{name} described\n"
        + "".join(f"{sequence[i : i + width]}\n" for i in range(0, len(sequence), width))
        for name, sequence in genome.items()
    ]
    path.write_text("".join(lines))
    if index:
        pysam.faidx(str(path))
    return path


def window(genome, chromosome, start, end):
    """Upper-case letters of an interval, N beyond the chromosome, base by base."""
    sequence = genome[chromosome].upper()
    return "".join(sequence[i] if 0 <= i < len(sequence) else "N" for i in range(start, end))
