import gzip
import json
import logging
import re
import signal
import subprocess
import sys
import tracemalloc

import h5py
import naive_variants
import numpy as np
import pandas as pd
import pytest
import torch
import warm
from dying_writers import die_after_shard
from naive_variants import Change, on_reverse_strand, reverse_complement
from toy_store import LENGTH, TABLE, export_toy_model

from noncoding.common.errors import InputError
from noncoding.data.genome.sequences import Sequences
from noncoding.data.one_hot import codes, one_hot
from noncoding.prediction import variants as scoring
from noncoding.prediction.background import Substitution, random_snvs
from noncoding.prediction.shards import Shards
from noncoding.settings.apply import VariantOptions
from noncoding.stages import score_variants as stage
from noncoding.stages.score_variants import score_variants

CHROMOSOMES = {
    name: "".join(np.random.default_rng(seed).choice([*"ACGT"], length))
    for seed, (name, length) in enumerate({"chr1": 700, "chr2": 300}.items())
}


def random_rows(number, seed=0):
    """SNVs and indels in random order: chromosome, position, REF, ALT."""
    generator = np.random.default_rng(seed)
    rows = []
    while len(rows) < number:
        chromosome = str(generator.choice([*CHROMOSOMES]))
        text = CHROMOSOMES[chromosome]
        start = int(generator.integers(LENGTH, len(text) - LENGTH))
        ref = text[start : start + generator.choice([1, 1, 4])]
        alt = "".join(generator.choice([*"ACGT"], generator.choice([1, 1, 4])))
        if alt != ref:
            rows.append((chromosome, start + 1, ref, alt))
    return rows


@pytest.fixture
def inputs(tmp_path):
    """A model, a genome and a table of variants: writes variants, and gives the options."""
    export_toy_model(tmp_path / "model")
    genome = tmp_path / "genome.fa"
    genome.write_text("".join(f">{name}\n{text}\n" for name, text in CHROMOSOMES.items()))

    def written(rows, **options):
        table = tmp_path / "variants.tsv"
        lines = ["\t".join(map(str, row)) for row in (("chrom", "pos", "ref", "alt"), *rows)]
        table.write_text("\n".join(lines) + "\n")
        return VariantOptions(genome=str(genome), table=str(table), **options)

    return written


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK", 7)


def scored(tmp_path, options, name="scores.tsv", **more):
    """The rows of an output of one run of the stage."""
    score_variants(tmp_path / "model", tmp_path / name, options, batch_size=8, **more)
    return pd.read_csv(tmp_path / name, sep="\t", keep_default_na=False, na_values=[""])


def naive_differences(network, rows):
    """Differences of logits of each allele and target, one sequence at a time."""
    found = []
    for chromosome, position, ref, alt in rows:
        text, change = CHROMOSOMES[chromosome], Change(position - 1, ref, alt)
        opposite = reverse_complement(text), on_reverse_strand(text, change)
        pairs = [naive_variants.windows(*each, LENGTH) for each in ((text, change), opposite)]
        with torch.no_grad():
            logits = [
                [network(torch.from_numpy(one_hot(codes(window))[None]).float()) for window in pair]
                for pair in pairs
            ]
        found.append(torch.cat([alt - ref for ref, alt in logits]).mean(0).numpy())
    return np.array(found)


def test_scores_are_those_of_single_sequences_in_the_order_of_the_file(
    inputs, tmp_path, small_blocks
):
    rows = random_rows(30)
    network = export_toy_model(tmp_path / "model")
    found = scored(tmp_path, inputs(rows))
    assert [*found[["chrom", "pos", "ref", "alt"]].itertuples(index=False, name=None)] == rows
    expected = naive_differences(network, rows)
    largest = np.abs(expected).argmax(1)
    np.testing.assert_allclose(
        found["max_logit_difference"], expected[np.arange(30), largest], atol=1e-5
    )
    assert list(found["max_target"]) == [TABLE["name"][target] for target in largest]
    assert not (tmp_path / "scores.tsv.unfinished").exists()


def test_outputs_agree(inputs, tmp_path, small_blocks):
    rows = [*random_rows(20), ("chr1", 1, "A", "<DEL>")]
    short = scored(tmp_path, inputs(rows))
    long = scored(tmp_path, inputs(rows, long=True), "long.tsv.gz")
    assert len(long) == 20 * 3 + 1
    score_variants(tmp_path / "model", tmp_path / "scores.h5", inputs(rows), batch_size=3)
    with h5py.File(tmp_path / "scores.h5") as file:
        matrix = file["logit_difference"][:]
        assert json.loads(file.attrs["provenance"])["both_strands"] is True
    of_targets = long["logit_difference"].iloc[:-1].to_numpy().reshape(20, 3)
    np.testing.assert_allclose(matrix[:-1], of_targets, atol=1e-6)
    assert np.isnan(matrix[-1]).all()
    largest = np.take_along_axis(of_targets, np.abs(of_targets).argmax(1)[:, None], 1)[:, 0]
    np.testing.assert_allclose(short["max_logit_difference"][:20], largest, atol=1e-6)
    assert list(short["status"]) == ["scored"] * 20 + ["symbolic"]


def test_swapping_ref_and_alt_in_the_file_negates_its_scores_exactly(
    inputs, tmp_path, small_blocks
):
    rows = [row for row in random_rows(60) if len(row[2]) == len(row[3])]
    there = scored(tmp_path, inputs(rows, long=True))
    opposite = [(chromosome, position, alt, ref) for chromosome, position, ref, alt in rows]
    back = scored(tmp_path, inputs(opposite, long=True, ref_mismatch="swap"), "back.tsv")
    assert set(back["status"]) == {"swapped"}
    for column in ("logit_difference", "log2_odds_ratio", "max_logit_difference"):
        np.testing.assert_array_equal(there[column], -back[column])
    np.testing.assert_array_equal(there["ref_probability"], back["alt_probability"])


def test_counts_duplicates_and_names(inputs, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    base = CHROMOSOMES["chr2"][99]
    other = "A" if base != "A" else "C"
    rows = [
        ("2", 100, base, other),
        ("2", 100, base.lower(), other.lower()),
        ("2", 100, other, "T" if other != "T" else "G"),
        ("2", 1, CHROMOSOMES["chr2"][0], "N"),
        ("chrX", 5, "A", "C"),
    ]
    counts = score_variants(tmp_path / "model", tmp_path / "scores.tsv", inputs(rows))
    assert counts == {"scored": 2, "scored_padded": 1, "ref_mismatch": 1, "unknown_contig": 1}
    assert "contains 1 duplicate of earlier alleles" in caplog.text
    assert "chromosome names matched with the genome: 2 → chr2" in caplog.text
    assert re.search(r": 1 chromosome name not in \S+: chrX", caplog.text)
    found = pd.read_csv(tmp_path / "scores.tsv", sep="\t")
    assert found["max_logit_difference"][0] == found["max_logit_difference"][1]
    assert list(found["chrom"]) == [row[0] for row in rows]


def test_a_file_without_variants(inputs, tmp_path):
    assert score_variants(tmp_path / "model", tmp_path / "scores.tsv", inputs([])) == {}
    assert len((tmp_path / "scores.tsv").read_text().splitlines()) == 1


def test_errors_in_the_file_come_before_anything_is_computed(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "VariantScorer", None)
    rows = [*random_rows(9), ("chr1", "ten", "A", "C")]
    with pytest.raises(InputError, match=r"variants\.tsv, line 11"):
        scored(tmp_path, inputs(rows))
    wrong = "A" if CHROMOSOMES["chr1"][49] != "A" else "C"
    with pytest.raises(InputError, match=r"variants\.tsv, line 2.*REF"):
        scored(tmp_path, inputs([("chr1", 50, wrong, "T")], ref_mismatch="error"))
    assert not (tmp_path / "scores.tsv").exists()


def killed(model, out, options):
    """A run that ends after its third shard."""
    scoring.BLOCK = 7
    die_after_shard(14)
    score_variants(model, out, options, batch_size=8)


@pytest.mark.parametrize("name", ["scores.tsv.gz", "scores.h5", "scores.vcf.gz"])
def test_a_killed_run_resumes_to_the_same_file(inputs, tmp_path, monkeypatch, small_blocks, name):
    options = inputs(sorted(random_rows(40)))
    whole, cut = tmp_path / "whole" / name, tmp_path / "cut" / name
    whole.parent.mkdir()
    score_variants(tmp_path / "model", whole, options, batch_size=8)
    status, said = warm.run(killed, tmp_path / "model", cut, options)
    assert status == -signal.SIGKILL, said
    assert not cut.exists()

    written = []
    write = Shards.write
    monkeypatch.setattr(
        Shards,
        "write",
        lambda self, loci, values: (written.append(loci.start), write(self, loci, values)),
    )
    score_variants(tmp_path / "model", cut, options, batch_size=8)
    assert written == [21, 28, 35]
    if name.endswith(".h5"):
        files = [h5py.File(path) for path in (whole, cut)]
        assert files[0].attrs["provenance"] == files[1].attrs["provenance"]
        for matrix in ("logit_difference", "log2_odds_ratio", "variant/max_target"):
            np.testing.assert_array_equal(files[0][matrix][:], files[1][matrix][:])
    else:
        assert gzip.decompress(whole.read_bytes()) == gzip.decompress(cut.read_bytes())
    assert not cut.with_name(f"{name}.unfinished").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda inputs, rows: inputs(rows[:-1]),
        lambda inputs, rows: inputs(rows, offsets=[0, 1]),
        lambda inputs, rows: inputs(rows, both_strands=False),
        lambda inputs, rows: inputs(rows, targets=["a", "b"]),
        lambda inputs, rows: inputs(rows, ref_mismatch="keep"),
        lambda inputs, rows: inputs(rows, long=True),
    ],
)
def test_shards_of_other_variants_or_options_are_not_used(
    inputs, tmp_path, monkeypatch, small_blocks, change
):
    rows = random_rows(20)
    with monkeypatch.context() as patch:
        patch.setattr(stage.variant_output, "write_variants", None)
        with pytest.raises(TypeError):
            scored(tmp_path, inputs(rows))
    assert len([*(tmp_path / "scores.tsv.unfinished").glob("*.npy")]) == 3
    options = change(inputs, rows)
    found = scored(tmp_path, options)
    pd.testing.assert_frame_equal(found, scored(tmp_path, options, "new.tsv"))


def test_shards_of_variants_by_another_model_are_not_used(
    inputs, tmp_path, monkeypatch, small_blocks
):
    options = inputs(random_rows(20))
    with monkeypatch.context() as patch:
        patch.setattr(stage.variant_output, "write_variants", None)
        with pytest.raises(TypeError):
            scored(tmp_path, options)
    network = export_toy_model(tmp_path / "model", seed=1)
    found = scored(tmp_path, options)
    expected = naive_differences(network, random_rows(20))
    np.testing.assert_allclose(
        np.abs(found["max_logit_difference"]), np.abs(expected).max(1), atol=1e-5
    )


def test_two_processes_do_not_write_the_same_file(inputs, tmp_path):
    options = inputs(random_rows(3))
    holder = f"""
import sys
from noncoding.common.locks import exclusive
with exclusive({str(tmp_path / "scores.tsv.unfinished")!r}):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="one process at a time"):
            scored(tmp_path, options)
        process.stdin.close()


def test_a_small_disk_is_reported_before_variants_are_scored(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr("noncoding.common.space.free_bytes", lambda folder: 100)
    monkeypatch.setattr(Shards, "write", None)
    with pytest.raises(InputError, match="100 bytes"):
        scored(tmp_path, inputs(random_rows(30)))


def test_shares_of_the_background_are_those_of_a_count(inputs, tmp_path, small_blocks):
    """The kinds are those of the SNVs of the file; the cache does not change the values."""
    network = export_toy_model(tmp_path / "model")
    rows = [row for row in random_rows(60) if len(row[2]) == len(row[3]) == 1]
    options = inputs(rows, background=25, long=True, targets=["a", "c"])
    found = scored(tmp_path, options, seed=4)
    kinds = {}
    for chromosome, position, _, alt in rows:
        triplet = CHROMOSOMES[chromosome][position - 2 : position + 1]
        if triplet[1] in "AG":
            triplet, alt = reverse_complement(triplet), reverse_complement(alt)
        kinds[Substitution(triplet, alt)] = kinds.get(Substitution(triplet, alt), 0) + 1
    drawn = random_snvs(Sequences(options.genome), 25, kinds, 4)
    others = [(*each.variant[2:4], each.variant.ref, each.variant.alt) for each in drawn]
    background = np.abs(naive_differences(network, others))[:, [0, 2]]
    own = np.abs(naive_differences(network, rows))[:, [0, 2]]
    expected = [[(1 + (background[:, t] >= row[t]).sum()) / 26 for t in (0, 1)] for row in own]
    shares = found["target_background_share"].to_numpy().reshape(-1, 2)
    np.testing.assert_allclose(shares, expected, rtol=1e-5)
    expected = [(1 + (background.max(1) >= row.max()).sum()) / 26 for row in own]
    np.testing.assert_allclose(found["background_share"][::2], expected, rtol=1e-5)
    pd.testing.assert_frame_equal(scored(tmp_path, options, "again.tsv", seed=4), found)
    assert len([*(tmp_path / "model" / "background").iterdir()]) == 1


def test_the_strongest_variants_are_described_and_drawn(inputs, tmp_path, small_blocks):
    options = inputs(random_rows(40), plot=2, background=5)
    figures, summary = tmp_path / "figures", tmp_path / "summary.json"
    found = scored(tmp_path, options, figures=figures, summary=summary)
    content = json.loads(summary.read_text())
    assert content["file"] == "scores.tsv"
    assert content["statuses"] == {"scored": 40}
    assert content["background"] == 5
    found["size"] = found["max_logit_difference"].abs()
    expected = found.sort_values("size", ascending=False, kind="stable").head(10)
    rows = pd.DataFrame(content["strongest"])
    assert list(rows["pos"]) == list(expected["pos"])
    np.testing.assert_allclose(
        rows["logit_difference"], expected["max_logit_difference"], atol=1e-6
    )
    np.testing.assert_allclose(rows["background_share"], expected["background_share"], rtol=1e-5)
    assert list(rows["target"]) == list(expected["max_target"])
    odds = np.log(rows["alt_probability"] / (1 - rows["alt_probability"])) - np.log(
        rows["ref_probability"] / (1 - rows["ref_probability"])
    )
    np.testing.assert_allclose(odds, rows["logit_difference"], atol=0.05)
    stems = list(rows["figure"].dropna())
    assert len(stems) == 2
    drawn = {path.name for path in figures.iterdir()}
    assert drawn == {f"{stem}.{suffix}" for stem in stems for suffix in ("svg", "png")}


def test_a_folder_of_figures_with_other_files_is_not_replaced(inputs, tmp_path):
    options = inputs([("one", 50, "A", "C")], plot=1)
    figures = tmp_path / "scores.tsv.figures"
    figures.mkdir()
    (figures / "1_old.png").touch()
    (figures / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"figures: found notes.txt; .* figures only"):
        scored(tmp_path, options)
    assert (figures / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "scores.tsv").exists()


def test_without_figures_the_folder_is_empty(inputs, tmp_path):
    figures = tmp_path / "figures"
    scored(tmp_path, inputs([]), figures=figures, summary=tmp_path / "summary.json")
    assert list(figures.iterdir()) == []
    assert json.loads((tmp_path / "summary.json").read_text())["strongest"] == []
    scored(tmp_path, inputs(random_rows(3)), "other.tsv")
    assert not (tmp_path / "other.tsv.figures").exists()


def test_memory_does_not_grow_with_the_number_of_variants(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK", 500)
    peaks = []
    for number in (2000, 10_000):
        options = inputs(random_rows(50) * (number // 50))
        tracemalloc.start()
        score_variants(tmp_path / "model", tmp_path / f"{number}.tsv.gz", options)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
