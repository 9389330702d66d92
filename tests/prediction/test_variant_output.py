"""Tables and HDF5 files of scores of variants."""

import gzip
import json
import math

import h5py
import numpy as np
import pandas as pd
import pytest
from toy_scores import PROVENANCE, TARGETS, write

from noncoding.common.errors import InputError
from noncoding.prediction.variant_output import (
    check_output,
    needs_targets,
    output_bytes,
)

TABLE = "chrom\tpos\tref\talt\tid\n" + "".join(
    f"{row}\n".replace(" ", "\t")
    for row in (
        *("chr2 7 A C rs1", "chr1 1 AC A,G,<DEL> x;y", "chr1 1 AC A,G x;y", "chr1 0 A * é"),
        *("chr9 5 A . NA", "chr1 900 g T "),
    )
)
NAMES = {0: "CTCF; 5% é", 1: "Reb1 (K562, 1 h)", 2: "Reb1 (index 7)"}
IN_FILE = ["chrom", "pos", "id", "ref", "alt", "status"]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "variants.tsv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def read(path):
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    return list(table.columns), table.to_numpy().tolist()


def text(value):
    """A number as it is in a table; values of float32 are compared as such."""
    return "" if math.isnan(value) else str(np.float32(value))


def naive_rows(blocks, *, long):
    """Rows of a table, one value at a time."""
    for placed, scores in blocks:
        for number, (variant, status, *_) in enumerate(placed):
            best = int(scores.max_target[number])
            row = [
                *(variant.chromosome, str(variant.position), variant.id, variant.ref, variant.alt),
                *(str(status), NAMES.get(best, ""), text(scores.max_logit_difference[number])),
            ]
            if scores.background_share is not None:
                row.append(text(scores.background_share[number]))
            if not long:
                yield row
                continue
            values = [each for each in scores.targets if each is not None]
            if best < 0:
                yield row + [""] * (2 + len(values))
                continue
            for target, (index, *_, name) in enumerate(TARGETS.itertuples(index=False)):
                numbers = [text(each[number, target]) for each in values]
                yield [*row, str(index), name, *numbers]


@pytest.mark.parametrize("block", [1, 2, 100])
@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz"])
def test_tables_have_all_values_in_the_order_of_the_file(
    tmp_path, source, block, background, long, suffix
):
    out = tmp_path / f"scores{suffix}"
    blocks = write(out, source, table=True, block=block, background=background, long=long)
    columns, rows = read(out)
    share = ["background_share"] * background
    expected = [*IN_FILE, "max_target", "max_logit_difference", *share]
    if long:
        expected += ["target_index", "target", "ref_probability", "alt_probability"]
        expected += ["logit_difference", "log2_odds_ratio", *(f"target_{name}" for name in share)]
    assert columns == expected
    assert rows == list(naive_rows(blocks, long=long))


def test_a_long_table_in_parts_is_that_in_one(tmp_path, source, monkeypatch):
    write(tmp_path / "whole.tsv", source, table=True, long=True)
    monkeypatch.setattr("noncoding.prediction.variant_output._ROWS", 5)
    write(tmp_path / "parts.tsv", source, table=True, long=True)
    assert (tmp_path / "parts.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_the_compressed_table_is_the_plain_one(tmp_path, source):
    write(tmp_path / "scores.tsv", source, table=True)
    write(tmp_path / "scores.tsv.gz", source, table=True)
    plain = gzip.decompress((tmp_path / "scores.tsv.gz").read_bytes())
    assert plain == (tmp_path / "scores.tsv").read_bytes()


@pytest.mark.parametrize("long", [False, True])
def test_a_file_without_variants_gives_a_header(tmp_path, source, long):
    source.write_text("chrom\tpos\tref\talt\n")
    write(tmp_path / "scores.tsv", source, table=True, long=long)
    columns, rows = read(tmp_path / "scores.tsv")
    assert columns[: len(IN_FILE)] == IN_FILE
    assert ("target_index" in columns) == long
    assert rows == []


@pytest.mark.parametrize("block", [1, 3, 100])
@pytest.mark.parametrize("background", [True, False])
def test_hdf5_files_have_the_full_matrices(tmp_path, source, block, background):
    out = tmp_path / "scores.h5"
    blocks = write(out, source, table=True, block=block, background=background)
    alleles = [each for placed, _ in blocks for each in placed]
    with h5py.File(out) as file:
        assert json.loads(file.attrs["provenance"]) == PROVENANCE
        for name, values in TARGETS.drop(columns="label").items():
            found = file["target"][name]
            assert list(found[:] if name == "index" else found.asstr()[:]) == list(values)
        group = file["variant"]
        for name, field in zip(IN_FILE[:5], [2, 3, 4, 5, 6], strict=True):
            found = group[name][:] if name == "pos" else group[name].asstr()[:]
            assert list(found) == [each.variant[field] for each in alleles]
        assert list(group["status"].asstr()[:]) == [each.status for each in alleles]
        assert group["alt"].id.get_type().get_cset() == h5py.h5t.CSET_UTF8
        for name in ("max_target", "max_logit_difference", "background_share"):
            values = [getattr(scores, name) for _, scores in blocks]
            if values[0] is None:
                assert name not in group
            else:
                np.testing.assert_array_equal(group[name][:], np.concatenate(values))
        for name in blocks[0][1].targets._fields:
            matrices = [getattr(scores.targets, name) for _, scores in blocks]
            if matrices[0] is None:
                assert name not in file
                continue
            assert file[name].dtype == np.float32
            assert file[name].chunks
            np.testing.assert_array_equal(file[name][:], np.concatenate(matrices))


def test_an_hdf5_file_without_variants_has_empty_matrices(tmp_path, source):
    source.write_text("chrom\tpos\tref\talt\n")
    write(tmp_path / "scores.h5", source, table=True)
    with h5py.File(tmp_path / "scores.h5") as file:
        assert file["logit_difference"].shape == (0, len(TARGETS))
        assert file["variant/alt"].shape == (0,)


def test_a_failed_run_leaves_the_previous_file(tmp_path, source):
    def blocks():
        yield from written[:1]
        raise KeyboardInterrupt

    for suffix in (".tsv", ".tsv.gz", ".h5"):
        out = tmp_path / f"scores{suffix}"
        written = write(out, source, table=True)
        before = out.read_bytes()
        with pytest.raises(KeyboardInterrupt):
            write(out, source, table=True, blocks=blocks())
        assert out.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    ("name", "long", "expected"),
    [
        ("a.tsv", False, False),
        ("a.tsv", True, True),
        ("a.b.tsv.gz", True, True),
        ("a.h5", False, True),
        ("a.vcf.gz", False, False),
    ],
)
def test_scores_of_targets_are_needed_for_hdf5_and_long_tables(name, long, expected):
    assert needs_targets(name, long) == expected


@pytest.mark.parametrize(
    "name", ["scores", "scores.vcf", "scores.bcf", "scores.gz", ".tsv", "a.TSV"]
)
def test_other_suffixes_are_refused(tmp_path, source, name):
    with pytest.raises(InputError, match=r"expected one of \.tsv, \.tsv\.gz, \.h5, \.vcf\.gz"):
        needs_targets(tmp_path / name, long=False)
    with pytest.raises(InputError, match="suffix"):
        check_output(tmp_path / name, source, table=True, long=False)


def test_the_input_is_not_overwritten(source):
    with pytest.raises(InputError, match="expected another file"):
        check_output(source, source, table=True, long=False)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path, source):
    (tmp_path / "scores.tsv").mkdir()
    with pytest.raises(InputError, match=r"scores\.tsv: found a folder"):
        check_output(tmp_path / "scores.tsv", source, table=True, long=False)


def test_unsorted_input_is_refused_for_vcf_files_only(tmp_path, source):
    check_output(tmp_path / "scores.tsv", source, table=True, long=True)
    with pytest.raises(InputError, match=r"variants\.tsv, line 5: found chr1:0 after position 1"):
        check_output(tmp_path / "scores.vcf.gz", source, table=True, long=False)


def test_a_long_vcf_file_is_refused(tmp_path, source):
    with pytest.raises(InputError, match=r"scores\.vcf\.gz: .*--long"):
        check_output(tmp_path / "scores.vcf.gz", source, table=True, long=True)


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz", ".h5"])
def test_the_size_of_an_output_is_estimated(tmp_path, suffix, long):
    source, out = tmp_path / "many.tsv", tmp_path / f"scores{suffix}"
    rows = [f"chr1\t{position}\tA\tC\n" for position in range(1, 1001)]
    source.write_text("chrom\tpos\tref\talt\n" + "".join(rows))
    write(out, source, table=True, long=long, block=500, background=False)
    estimated = output_bytes(out, len(rows), len(TARGETS), long=long)
    assert 0.4 < out.stat().st_size / estimated < 1.6
