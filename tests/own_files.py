"""A genome and peak files as a person has them, and what a configuration makes of them, naively."""

import fnmatch
import gzip
import random
import re
from pathlib import Path


def write_genome(path, lengths, descriptions=None):
    """A FASTA file, each sequence a repeat of random letters; compressed if its name says so."""
    letters = "".join(random.Random(3).choices("ACGT", k=997))
    text = "".join(
        f">{name} {(descriptions or {}).get(name, '')}\n"
        f"{(letters * (length // len(letters) + 1))[:length]}\n"
        for name, length in lengths.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_peaks(path, lengths, *, every=500, width=200, names=None, offset=0):
    """A BED file with a peak every so many bases; `names` renames chromosomes."""
    lines = [
        f"{(names or {}).get(name, name)}\t{start}\t{start + width}\tpeak\n"
        for name, length in lengths.items()
        for start in range(offset, length - width + 1, every)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def lengths_of(fasta):
    """Sequence → length, line by line."""
    lengths = {}
    for line in _text(fasta).splitlines():
        if line.startswith(">"):
            name = line[1:].split()[0]
            lengths[name] = 0
        else:
            lengths[name] += len(line)
    return lengths


def peaks_of(files, names=None):
    """Chromosome and midpoint of each peak, line by line."""
    found = []
    for file in files:
        for line in _text(file).splitlines():
            name, start, end = line.split("\t")[:3]
            found.append(((names or {}).get(name, name), (int(start) + int(end)) // 2))
    return found


def shares(splits, lengths, peaks):
    """Split → shares of the bases and the peaks that are in some split, base range by base range.

    `splits` as in a configuration, with chromosomes, regions or patterns for validation and test.
    """
    ignored = set(splits.get("ignore", ()))
    bases = dict.fromkeys(("train", "valid", "test"), 0)
    ranges = {"valid": [], "test": []}
    for split, own in ranges.items():
        for given in splits[split]:
            region = re.fullmatch(r"(.+):(\d+)-(\d+)", given)
            if given not in lengths and region:
                own.append((region[1], int(region[2]) - 1, int(region[3])))
            for name in lengths:
                if name == given or (given not in lengths and fnmatch.fnmatchcase(name, given)):
                    own.append((name, 0, lengths[name]))
        bases[split] = sum(end - start for _, start, end in own)
    used = sum(length for name, length in lengths.items() if name not in ignored)
    bases["train"] = used - bases["valid"] - bases["test"]
    counts = dict.fromkeys(bases, 0)
    by_name = {}
    for split, own in ranges.items():
        for name, start, end in own:
            by_name.setdefault(name, []).append((start, end, split))
    for name, position in peaks:
        if name in lengths and name not in ignored:
            fits = [split for start, end, split in by_name.get(name, ()) if start <= position < end]
            assert len(fits) < 2
            counts[fits[0] if fits else "train"] += 1
    return {
        split: (bases[split] / used, counts[split] / max(1, sum(counts.values())))
        for split in bases
    }


def _text(path):
    content = Path(path).read_bytes()
    return (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode()
