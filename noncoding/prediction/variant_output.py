"""Write the scores of variants: as tables, HDF5, or annotations of a VCF file."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from noncoding.common.bgzip import new_bgzip
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.hdf5 import new_hdf5
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.store.format import write_table
from noncoding.data.variants.files import check_order
from noncoding.data.variants.variant import PlacedVariant
from noncoding.prediction.annotated_vcf import write_vcf
from noncoding.prediction.outputs import checked_suffix
from noncoding.prediction.variant_scores import Blocks, TargetScores, VariantScores

SUFFIXES = (".tsv", ".tsv.gz", ".h5", ".vcf.gz")
"""Of files of scores."""
_ROWS = 1 << 16
"""Approximate number of rows of a long table in memory."""
_CHUNK = 1 << 20
"""Approximate maximum size in bytes of a chunk of HDF5."""
_BYTES_PER_ALLELE = {".tsv": 60, ".tsv.gz": 15, ".h5": 250, ".vcf.gz": 60}
"""Suffix of the output → its approximate size per allele, without the scores of each target."""
_BYTES_PER_SCORE = {".tsv": 95, ".tsv.gz": 25, ".h5": 16}
"""Suffix of the output → its approximate size per allele and target."""


def needs_targets(out: str | os.PathLike[str], long: bool) -> bool:
    """Whether a file of scores holds those of each target; ``long`` is of tables only.

    Raises
    ------
    InputError
        The suffix is none of `SUFFIXES`.
    """
    return (suffix := _suffix(out)) == ".h5" or (long and suffix.startswith(".tsv"))


def check_output(
    out: str | os.PathLike[str],
    source: str | os.PathLike[str],
    *,
    table: bool,
    long: bool,
    inputs: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Refuse an output that cannot be made of a file of variants, before they are scored.

    Raises
    ------
    InputError
        The suffix is none of `SUFFIXES`, the output is a folder, the file of variants or one of
        the other `inputs`, ``long`` is given for a VCF file, or the input is not sorted and the
        output is a VCF file, see `noncoding.data.variants.files.check_order`.
    """
    if _suffix(out, (source, *inputs)) == ".vcf.gz":
        if long:
            raise InputError(
                out,
                "scores of each target (long)",
                "a .tsv, .tsv.gz or .h5 file, since VCF files hold the largest score only",
                "Choose another suffix, or leave out --long.",
            )
        check_order(source, table=table)


def output_bytes(out: str | os.PathLike[str], alleles: int, targets: int, *, long: bool) -> int:
    """Approximate size of a file of scores."""
    suffix = _suffix(out)
    per_target = _BYTES_PER_SCORE[suffix] if needs_targets(out, long) else 0
    return alleles * (_BYTES_PER_ALLELE[suffix] + targets * per_target)


def write_variants(
    out: str | os.PathLike[str],
    blocks: Blocks,
    targets: pd.DataFrame,
    source: str | os.PathLike[str],
    table: bool,
    genome: Genome,
    provenance: Mapping[str, object],
    *,
    long: bool = False,
) -> None:
    """Write the scores of all alleles of a file, in its order; a block at a time is in memory.

    Parameters
    ----------
    out : path
        Its suffix is one of `SUFFIXES`. A table has the columns ``chrom``, ``pos``, ``id``,
        ``ref``, ``alt``, ``status``, ``max_target``, ``max_logit_difference`` and, if there is a
        background, ``background_share``. An HDF5 file has these in the group ``variant`` (with
        ``max_target`` as the row of the group ``target``), the target table in ``target``, and a
        matrix of shape (alleles, targets) for each field of `TargetScores`. For VCF files see
        `noncoding.prediction.annotated_vcf.write_vcf`.
    blocks : iterable of (sequence of PlacedVariant, VariantScores)
        All alleles of ``source``. With scores of targets where `needs_targets` says so.
    targets : pandas.DataFrame
        Those that were scored, from `noncoding.models.export.ExportedModel.selected_targets`.
    source : path
        The file of variants.
    table : bool
        Whether it is a table.
    genome : Genome
    provenance : mapping
        What the scores were made of; must be JSON. Stored in HDF5 and VCF files.
    long : bool
        A table has a row for each allele and target, with the further columns ``target_index``,
        ``target``, ``ref_probability``, ``alt_probability``, ``logit_difference``,
        ``log2_odds_ratio`` and, if there is a background, ``target_background_share``. Alleles
        that are not scored have one row.

    Raises
    ------
    InputError
        See `check_output`.
    """
    check_output(out, source, table=table, long=long)
    if (suffix := _suffix(out)) == ".vcf.gz":
        write_vcf(out, blocks, targets, source, table, genome, provenance)
        return
    with atomic_write(out) as [partial]:
        if suffix == ".h5":
            _write_hdf5(partial, blocks, targets, provenance)
        elif suffix == ".tsv":
            with partial.open("wb") as file:
                _write_table(file.write, blocks, targets, long)
        else:
            with new_bgzip(partial) as file:
                _write_table(file.write, blocks, targets, long)


def _suffix(out: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()) -> str:
    return checked_suffix(out, SUFFIXES, f"one of {', '.join(SUFFIXES)}", inputs)


def _variant_columns(placed: Sequence[PlacedVariant]) -> dict[str, Any]:
    """Columns that describe alleles."""
    rows = [(*each.variant[2:], str(each.status)) for each in placed]
    table = pd.DataFrame(rows, columns=["chrom", "pos", "id", "ref", "alt", "status"])
    return dict(table.items())


def _write_table(
    write: Callable[[bytes], object], blocks: Blocks, targets: pd.DataFrame, long: bool
) -> None:
    """Write a header and the rows of all blocks as tab-separated text."""
    names = targets["label"].to_numpy(dtype=object)
    header = True
    for placed, scores in _and_none(blocks, len(targets)):
        columns = _variant_columns(placed)
        is_scored = scores.max_target >= 0
        columns["max_target"] = np.where(is_scored, names[scores.max_target], "")
        columns["max_logit_difference"] = scores.max_logit_difference
        if scores.background_share is not None:
            columns["background_share"] = scores.background_share
        table = pd.DataFrame(columns)
        for rows in _long(table, scores, targets) if long else [table]:
            write(rows.to_csv(sep="\t", index=False, header=header, lineterminator="\n").encode())
            header = False


def _and_none(
    blocks: Blocks, targets: int
) -> Iterator[tuple[Sequence[PlacedVariant], VariantScores]]:
    """The blocks; an empty one if there is none, so that a table has its header."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty:
        none = np.empty(0, dtype=np.float32)
        matrix = np.empty((0, targets), dtype=np.float32)
        by_target = TargetScores(matrix, matrix, matrix, matrix)
        yield [], VariantScores(np.empty(0, dtype=np.int64), none, targets=by_target)


def _long(
    table: pd.DataFrame, scores: VariantScores, targets: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Tables with a row per allele and target, and one for each allele that is not scored."""
    assert scores.targets is not None
    step = max(1, _ROWS // len(targets))
    for start in range(0, max(len(table), 1), step):
        scored = scores.max_target[start : start + step] >= 0
        counts = np.where(scored, len(targets), 1)
        allele = np.repeat(np.arange(start, start + len(counts)), counts)
        target = np.arange(len(allele)) - np.repeat(counts.cumsum() - counts, counts)
        missing = np.repeat(~scored, counts)
        rows = table.iloc[allele].reset_index(drop=True)
        numbers = targets["index"].to_numpy()[target]
        rows["target_index"] = pd.array(numbers, dtype="Int64")
        rows["target"] = targets["label"].to_numpy(dtype=object)[target]
        rows.loc[missing, ["target_index", "target"]] = pd.NA
        for field, values in scores.targets._asdict().items():
            if values is not None:
                name = f"target_{field}" if field in table else field
                rows[name] = values[allele, target]
        yield rows


def _write_hdf5(
    path: Path, blocks: Blocks, targets: pd.DataFrame, provenance: Mapping[str, object]
) -> None:
    with new_hdf5(path) as file:
        file.attrs["provenance"] = json.dumps(provenance)
        write_table(file.create_group("target"), targets.drop(columns="label"))
        for placed, scores in _and_none(blocks, len(targets)):
            assert scores.targets is not None
            columns = _variant_columns(placed)
            columns["pos"] = columns["pos"].astype(np.int64)
            columns |= scores._asdict()
            del columns["targets"]
            for name, values in columns.items():
                if values is not None:
                    _append(file, f"variant/{name}", np.asarray(values))
            for name, matrix in scores.targets._asdict().items():
                if matrix is not None:
                    _append(file, name, matrix)


def _append(file: h5py.File, name: str, values: np.ndarray) -> None:
    """Append rows to a data set, which is made for the first ones."""
    if name not in file:
        is_text = values.dtype == object
        row = values.shape[1:]
        # The first rows, of which later ones are as many, are whole chunks.
        chunks = max(1, round(values.nbytes / _CHUNK))
        file.create_dataset(
            name,
            shape=(0, *row),
            maxshape=(None, *row),
            chunks=(max(1, -(-len(values) // chunks)), *row),
            dtype=h5py.string_dtype() if is_text else values.dtype,
            fletcher32=not is_text,
        )
    dataset = file[name]
    first = len(dataset)
    dataset.resize(first + len(values), axis=0)
    dataset[first:] = values
