"""Regions, whole genomes and sequences, compared with a loop over windows."""

import gzip
import logging
import os
import signal
import stat

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
import warm
from dying_writers import die_after_shard
from toy_genome import random_genome, window, write_fasta
from toy_store import LENGTH, TABLE, export_toy_model

from noncoding.common import space
from noncoding.common.errors import InputError
from noncoding.common.locks import exclusive
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store
from noncoding.models.export import export_model
from noncoding.prediction import predict_regions, shards
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.apply import RegionOptions
from noncoding.settings.predict import PredictSettings
from noncoding.stages.predict import predict

GENOME = random_genome(one=230, two=95, three=15)
BIN = 20
COMPLEMENT = dict(zip("ACGTN", "TGCAN", strict=True))
NAMES = list(TABLE["name"])


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "model"
    return export_toy_model(folder), folder


@pytest.fixture
def model(network):
    return network[1]


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(tmp_path / "g.fa", GENOME)


@pytest.fixture
def bed(tmp_path):
    """Thirty random regions, in no order."""
    generator = np.random.default_rng(5)
    lines = []
    for number in range(30):
        name = ["one", "two"][generator.integers(2)]
        start, end = np.sort(generator.choice(len(GENOME[name]), 2, replace=False))
        lines.append(f"{name}\t{start}\t{end}\tr{number}\n")
    path = tmp_path / "regions.bed"
    path.write_text("".join(lines))
    return path


def one_hot(letters):
    return np.array([[base == letter for base in letters] for letter in "ACGT"], dtype=np.float32)


def naive(network, chromosome, start, shifts=(0,), strands=2):
    """Probabilities of a bin: one window of one strand at a time."""
    found = []
    for shift in shifts:
        first = start - (LENGTH - BIN) // 2 + shift
        forward = window(GENOME, chromosome, first, first + LENGTH)
        reverse = "".join(COMPLEMENT[base] for base in reversed(forward))
        with torch.no_grad():
            for letters in (forward, reverse)[:strands]:
                logits = network(torch.from_numpy(one_hot(letters))[None])
                found.append(logits.sigmoid()[0].numpy())
    return np.mean(found, axis=0)


def table_of(path):
    return pd.read_csv(path, sep="\t")


def run(model, out, **options):
    """The table or HDF5 file of a run in batches of 7."""
    paths = {name: str(options[name]) for name in ("genome", "bed", "fasta") if name in options}
    predict_regions(model, out, RegionOptions(**options | paths), device="cpu", batch_size=7)
    return out


def matrix(path):
    with h5py.File(path) as file:
        return file["probability"][:]


def test_predictions_of_loci_are_those_of_the_stage_predict(model, fasta, tmp_path):
    loci = pd.DataFrame(
        [("two", start, start + LENGTH) for start in (3, 0, 55)]
        + [("one", start, start + LENGTH) for start in range(0, 190, 11)],
        columns=["chromosome", "start", "end"],
    )
    sequences = np.array(
        [one_hot(window(GENOME, *locus)) for locus in loci.itertuples(index=False)]
    )
    header = StoreHeader(LENGTH, BIN, FORWARD, TABLE, {})
    with new_store(tmp_path / "test.h5", header) as writer:
        writer.append(sequences.astype(np.uint8), np.zeros((len(loci), 3), np.uint8), loci)
    predict(model, tmp_path / "test.h5", tmp_path, PredictSettings(batch_size=5, devices="auto"))
    with Store(tmp_path / "test.h5") as store:
        expected = read_predictions(tmp_path / "predictions.h5", store)
        store.loci().to_csv(tmp_path / "loci.bed", sep="\t", header=False, index=False)
    run(model, tmp_path / "out.h5", genome=fasta, bed=tmp_path / "loci.bed")
    np.testing.assert_allclose(matrix(tmp_path / "out.h5"), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("both", "shifts"), [(True, [0]), (False, [0]), (True, [0, -10, 13])])
def test_strands_and_shifts_are_averaged(network, fasta, bed, tmp_path, both, shifts):
    run(network[1], tmp_path / "o.tsv", genome=fasta, bed=bed, both_strands=both, shifts=shifts)
    table = table_of(tmp_path / "o.tsv")
    assert list(table["region"]) == [f"r{number}" for number in range(30)]
    for row in table.itertuples():
        expected = naive(network[0], row.chromosome, row.start, shifts, 1 + both)
        np.testing.assert_allclose([row.a, row.b, row.c], expected, rtol=0, atol=2e-6)


def test_the_order_of_regions_and_the_size_of_batches_change_nothing(model, fasta, bed, tmp_path):
    lines = bed.read_text().splitlines(keepends=True)
    order = np.random.default_rng(0).permutation(len(lines))
    (tmp_path / "shuffled.bed").write_text("".join(lines[number] for number in order))
    expected = matrix(run(model, tmp_path / "a.h5", genome=fasta, bed=bed))
    other = matrix(run(model, tmp_path / "b.h5", genome=fasta, bed=tmp_path / "shuffled.bed"))
    np.testing.assert_allclose(other, expected[order], rtol=0, atol=1e-6)
    for batch_size in (1, 30, 1000):
        options = RegionOptions(genome=str(fasta), bed=str(bed))
        predict_regions(model, tmp_path / "c.h5", options, device="cpu", batch_size=batch_size)
        np.testing.assert_allclose(matrix(tmp_path / "c.h5"), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["index", "no index", "gzip", "read-only folder"])
def test_a_whole_genome(network, fasta, tmp_path, kind):
    folder = tmp_path / "genome"
    folder.mkdir()
    path = write_fasta(folder / "g.fa", GENOME, index=kind == "index")
    if kind == "gzip":
        (folder / "g.fa.gz").write_bytes(gzip.compress(path.read_bytes()))
        path = folder / "g.fa.gz"
    before = sorted(folder.iterdir())
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR if kind == "read-only folder" else stat.S_IRWXU)
    out = tmp_path / "o.tsv"
    options = RegionOptions(genome=str(path), whole_genome=True, stride=30)
    found = predict_regions(network[1], out, options, batch_size=4)
    folder.chmod(stat.S_IRWXU)
    assert sorted(folder.iterdir()) == before
    table = table_of(out)
    assert found == {"windows": len(table), "targets": 3}
    assert list(zip(table["chromosome"], table["start"], table["end"], strict=True)) == [
        (name, start, start + BIN)
        for name, sequence in GENOME.items()
        for start in range(0, len(sequence) - BIN + 1, 30)
    ]
    expected = [naive(network[0], row.chromosome, row.start) for row in table.itertuples()]
    np.testing.assert_allclose(table[NAMES], expected, rtol=0, atol=2e-6)


def test_a_track_read_back_equals_the_table(model, fasta, tmp_path):
    options = {"genome": fasta, "regions": ["two", "one:50-200"], "targets": ["b", "DNase"]}
    table = table_of(run(model, tmp_path / "o.tsv", **options))
    assert list(table.columns[4:]) == ["b", "c"]
    run(model, tmp_path / "tracks", **options)
    for name, file in (("b", "1_b.bw"), ("c", "2_c.bw")):
        with pyBigWig.open(str(tmp_path / "tracks" / file)) as track:
            assert track.chroms() == {name: len(bases) for name, bases in GENOME.items()}
            assert sum(len(track.intervals(one) or ()) for one in GENOME) == len(table)
            for row in table.itertuples():
                [(start, end, value)] = track.intervals(row.chromosome, row.start, row.end)
                assert (start, end) == (row.start, row.end)
                assert value == pytest.approx(getattr(row, name), abs=1e-6)


def test_sequences_of_any_length(network, tmp_path):
    long, short = GENOME["one"], GENOME["three"]
    fasta = write_fasta(tmp_path / "s.fa", {"one": long, "three": short})
    table = table_of(run(network[1], tmp_path / "o.tsv", fasta=fasta))
    assert table["region"].tolist() == ["one"] * 11 + ["three"]
    # The short sequence is in the middle of a bin, which is clipped to it.
    starts = [*range(0, 211, 20), -3]
    assert table["start"].tolist() == [*starts[:-1], 0]
    assert table["end"].tolist() == [*(start + 20 for start in starts[:-1]), len(short)]
    expected = [
        naive(network[0], name, start)
        for name, start in zip(table["chromosome"], starts, strict=True)
    ]
    np.testing.assert_allclose(table[NAMES], expected, rtol=0, atol=2e-6)


def killed(model, out, options):
    """A run that ends after its third shard."""
    shards.LOCI = 7
    die_after_shard(14)
    run(model, out, **options)


@pytest.fixture
def small_shards(monkeypatch):
    """Gives the first rows of the shards, of one batch each, that are written."""
    written = []
    write = shards.Shards.write
    monkeypatch.setattr(shards, "LOCI", 7)
    monkeypatch.setattr(
        shards.Shards,
        "write",
        lambda self, loci, values: (written.append(loci.start), write(self, loci, values)),
    )
    return written


def test_a_killed_run_resumes_to_the_same_output(model, fasta, bed, tmp_path, small_shards, caplog):
    run(model, tmp_path / "whole.tsv", genome=fasta, bed=bed)
    assert small_shards == [0, 7, 14, 21, 28]
    out = tmp_path / "cut.tsv"
    status, said = warm.run(killed, model, out, {"genome": fasta, "bed": bed})
    assert status == -signal.SIGKILL, said
    assert not out.exists()
    small_shards.clear()
    with caplog.at_level(logging.INFO):
        run(model, out, genome=fasta, bed=bed)
    assert small_shards == [21, 28]
    assert "resuming: 21 of 30 are finished" in caplog.text
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


@pytest.mark.parametrize("change", ["genome", "bed", "options", "model"])
def test_shards_of_other_inputs_are_not_used(
    model, fasta, bed, tmp_path, small_shards, monkeypatch, change
):
    out = tmp_path / "o.tsv"
    with monkeypatch.context() as patch, pytest.raises(OSError, match="stopped"):
        patch.setattr("noncoding.stages.predict_regions.write_regions", stopped)
        run(model, out, genome=fasta, bed=bed)
    assert len(small_shards) == 5
    small_shards.clear()
    options = {"genome": fasta, "bed": bed}
    if change == "genome":
        os.utime(fasta, (1, 1))
    elif change == "bed":
        bed.write_text("one\t0\t30\n" + bed.read_text())
    elif change == "options":
        options["shifts"] = [1]
    else:
        model = tmp_path / "other"
        export_toy_model(model, seed=1)
    run(model, out, **options)
    assert len(small_shards) == 5


def stopped(*_, **__):
    raise OSError("stopped")


def test_a_second_run_of_the_same_output_is_refused(model, fasta, bed, tmp_path):
    out = tmp_path / "o.tsv"
    with exclusive(tmp_path / "o.tsv.unfinished"), pytest.raises(InputError, match="process"):
        run(model, out, genome=fasta, bed=bed)


def test_a_small_disk_is_reported_before_anything_is_predicted(
    model, fasta, bed, tmp_path, monkeypatch, small_shards
):
    monkeypatch.setattr(space, "free_bytes", lambda _: 30 * 3 * (4 + 11) - 1)
    with pytest.raises(InputError, match=r"1,350 bytes\) for .*o\.tsv.*larger disk"):
        run(model, tmp_path / "o.tsv", genome=fasta, bed=bed)
    assert small_shards == []


def test_a_disk_that_another_process_fills_is_reported_before_the_output_is_written(
    model, fasta, tmp_path, monkeypatch, small_shards
):
    free = iter([10**9, 100, 10**9, 10**9])
    monkeypatch.setattr(space, "free_bytes", lambda _: next(free))
    options = {"genome": fasta, "regions": ["one:1-230"]}
    with pytest.raises(InputError, match=r"found 0\.00 GiB \(100 bytes\) free"):
        run(model, tmp_path / "tracks", **options)
    assert small_shards == [0, 7]
    run(model, tmp_path / "tracks", **options)
    assert small_shards == [0, 7]
    assert len(list((tmp_path / "tracks").iterdir())) == 3


def test_tracks_of_overlapping_bins_are_refused_before_anything_is_predicted(
    model, fasta, bed, tmp_path, small_shards
):
    with pytest.raises(InputError, match="a bin that overlaps the next"):
        run(model, tmp_path / "tracks", genome=fasta, bed=bed)
    assert small_shards == []


def test_values_that_are_no_probabilities_are_refused(fasta, tmp_path):
    network = export_toy_model(tmp_path / "model")
    network.head.output.bias.data[1] = torch.nan
    record = {"dataset": "t", "model": "t", "bin": BIN, "validation": {}}
    export_model(network, tmp_path / "model", TABLE, record)
    with pytest.raises(InputError, match="prediction of locus 0"):
        run(tmp_path / "model", tmp_path / "o.tsv", genome=fasta, whole_genome=True)
    assert not (tmp_path / "o.tsv").exists()


def test_windows_with_many_unknown_bases_are_reported(model, tmp_path, caplog):
    """More than 10 % of 40 bp: from 5 N on."""
    sequences = {"four": "N" * 4 + "ACGT" * 9, "five": "N" * 5 + "ACG" + "ACGT" * 8, "no": "T" * 40}
    fasta = write_fasta(tmp_path / "s.fa", sequences)
    run(model, tmp_path / "o.tsv", fasta=fasta)
    assert "1 of 3 windows have more than 10 % unknown bases" in caplog.text
