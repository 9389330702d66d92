import os
from contextlib import nullcontext

import pandas as pd
import pytest
from permissions import unprivileged
from toy_store import export_toy_model
from typer.testing import CliRunner

from noncoding.cli.app import app

GENOME = "ACGTTGCATGCAAGTCCTGA" * 10
VCF = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=200>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t81\trs1\tA\tG,<DEL>\t.\t.\tDP=3
chr1\t101\t.\tAC\tA\t.\tPASS\t.
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a model, a genome, and variants as a VCF file and as a table."""
    monkeypatch.chdir(tmp_path)
    export_toy_model(tmp_path / "model")
    (tmp_path / "genome.fa").write_text(f">chr1\n{GENOME}\n")
    (tmp_path / "some.vcf").write_text(VCF)
    (tmp_path / "some.tsv").write_text("chrom\tpos\tref\talt\n1\t81\tA\tG\n1\t90\tC\tG\n")
    (tmp_path / "motifs.meme").write_text(
        "MEME version 4\nALPHABET= ACGT\nMOTIF M1\nletter-probability matrix: w= 2\n"
        "0.9 0.1 0 0\n0 0 0.2 0.8\n"
    )
    return tmp_path


def run(*arguments, out="scores.tsv", source=("--vcf", "some.vcf")):
    command = ["variants", "-m", "model", "-g", "genome.fa", *source, "-o", out, *arguments]
    return CliRunner().invoke(app, list(map(str, command)))


def test_a_file_is_scored(folder):
    done = run("--batch-size", 2, "--device", "cpu")
    assert done.exit_code == 0, done.stderr
    assert "3 alleles: 2 scored, 1 symbolic" in done.stderr
    table = pd.read_csv(folder / "scores.tsv", sep="\t")
    assert list(table["status"]) == ["scored", "symbolic", "scored"]
    assert set(table["max_target"].dropna()) <= {"a", "b", "c"}


def test_each_option_has_an_effect(folder):
    options = ["--targets", "a,b", "--forward-strand", "--offsets", "-3,0,3", "--background", 4]
    options += ["--seed", 7, "--long", "--plot", 1, "--motifs", "motifs.meme"]
    source = ("--table", "some.tsv")
    done = run(*options, "--ref-mismatch", "keep", source=source, out="scores.tsv.gz")
    assert done.exit_code == 0, done.stderr
    table = pd.read_csv(folder / "scores.tsv.gz", sep="\t")
    assert list(table["target"]) == ["a", "b"] * 2
    # The SNV at position 90 has another REF.
    assert list(table["status"]) == ["scored"] * 4
    assert table["target_background_share"].between(0.2, 1).all()
    assert len([*(folder / "scores.tsv.gz.figures").iterdir()]) == 2
    skipped = run(source=source, out="skipped.tsv")
    assert "1 scored, 1 ref_mismatch" in skipped.stderr


def test_an_annotated_vcf_is_indexed(folder):
    done = run(out="scores.vcf.gz")
    assert done.exit_code == 0, done.stderr
    assert (folder / "scores.vcf.gz.tbi").exists()


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        ([], {"source": ()}, "found no variants; expected exactly one of vcf, table"),
        (["--table", "some.tsv"], {}, "found both; expected exactly one of vcf, table"),
        ([], {"source": ("--vcf", "none.vcf")}, "none.vcf: found no such file"),
        ([], {"source": ("--vcf", "some.tsv")}, "some.tsv, line 1"),
        ([], {"source": ("--table", "some.vcf")}, "Name VCF and BCF files with --vcf"),
        ([], {"out": "scores/"}, "scores: found no suffix"),
        (["--plot", "1", "--motifs", "some.tsv"], {"out": "some.tsv"}, "expected another file"),
        ([], {"out": "scores.txt"}, "scores.txt: found the suffix '.txt'"),
        (["--long"], {"out": "scores.vcf.gz"}, "leave out --long"),
        (["-t", "Reb1"], {}, "targets: found 'Reb1', which matches no target"),
        (["--offsets", "0,x"], {}, "--offsets: found '0,x'"),
        (["--motifs", "known.meme"], {}, "--motifs: found motifs without figures"),
        (["--offsets", "3,3"], {}, "--offsets: found [3, 3]; expected no entry twice"),
        (["--offsets", "0,21"], {}, "offsets: found 21 bp; expected at most 20 bp"),
        (["--ref-mismatch", "error"], {"source": ("--table", "some.tsv")}, "some.tsv, line 3"),
        (["--plot", "1", "--motifs", "none.meme"], {}, "none.meme"),
        (["-g", "none.fa"], {}, "none.fa"),
        (["-m", "models"], {}, "models: found no such folder or model"),
    ],
)
def test_invalid_input_gives_a_message_and_exit_code_1(folder, arguments, more, message):
    done = run(*arguments, **more)
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not [*folder.glob("scores.*")]


@pytest.mark.parametrize("option", ["--vcf", "--table", "--genome", "--motifs"])
def test_pipes_and_unreadable_files_are_refused_with_a_remedy(folder, option):
    os.mkfifo("pipe")  # no process writes to it: opened, it would block
    (folder / "closed").touch(mode=0)
    folder.chmod(0o777)
    source = () if option in ("--vcf", "--table") else ("--vcf", "some.vcf")
    for name, found, remedy in (
        ("pipe", "a pipe", "Save the input to a file"),
        ("closed", "a file that you may not read", "Change its owner or permissions."),
    ):
        # Root may read any file; imports, all of which the first call makes, may need its folders.
        with unprivileged() if name == "closed" else nullcontext():
            done = run(option, name, "--plot", 1, source=source)
        assert done.exit_code == 1
        assert f"ERROR {name}: found {found}; expected " in done.stderr
        assert remedy in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--background", "-1"], ["--batch-size", "0"], ["--ref-mismatch", "flip"], ["--unknown"]],
)
def test_invalid_options_give_the_usage_and_exit_code_2(folder, arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Usage" in done.stderr


def test_the_help_has_examples():
    done = CliRunner().invoke(app, ["variants", "--help"])
    assert done.exit_code == 0
    assert "noncoding variants -m yeast" in done.stdout
