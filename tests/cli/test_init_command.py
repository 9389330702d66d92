"""The subcommand ``init``: the configuration that it writes, what it says, and its errors."""

import re
import shlex
from pathlib import Path

import pytest
import warm
import yaml
from own_files import lengths_of, peaks_of, shares, write_genome, write_peaks
from shipped import DEFAULT, merged
from typer.testing import CliRunner

from noncoding.cli.app import app
from noncoding.data.genome.peaks import peak_files, peak_paths
from noncoding.settings.config import check_settings

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
LENGTHS = dict(zip(ROMAN, range(8000, 18000, 1000), strict=True))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments):
    return CliRunner().invoke(app, ["init", *map(str, arguments)], catch_exceptions=False)


def written(*arguments, out="overlay.yaml"):
    """The data set of the overlay, which the pipeline accepts, and what was said."""
    done = init(*arguments)
    assert done.exit_code == 0, done.stderr
    with Path(out).open(encoding="utf-8") as handle:
        overlay = yaml.safe_load(handle)
    settings = check_settings(merged(DEFAULT, overlay))
    [name] = overlay["datasets"]
    assert settings.datasets_to_run() == [name]
    assert settings.datasets[name].dump().keys() == overlay["datasets"][name].keys()
    return overlay["datasets"][name], done.stdout


def keys(path):
    """Lines of an overlay without comments."""
    return [
        line for line in path.read_text().splitlines() if line and not line.strip().startswith("#")
    ]


def named(source):
    """Target → path that the pipeline reads for it."""
    files = peak_paths(source)
    read = peak_files(source)
    return {file.description["name"]: file.where for file in read}, [*map(str, files)]


def source_of(dataset):
    overlay = {"datasets": {"mine": dataset}}
    return check_settings(merged(DEFAULT, overlay)).datasets["mine"].peaks


def refused(*arguments):
    done = init(*arguments)
    assert done.exit_code == 1
    assert done.stdout == ""
    [error] = [line for line in done.stderr.splitlines() if " ERROR " in line]
    return error.partition(" ERROR ")[2]


@pytest.fixture
def own(folder):
    """A genome and three peak files with the same names of chromosomes."""
    write_genome(folder / "genome.fa", LENGTHS)
    for number, name in enumerate("ABC"):
        write_peaks(folder / f"peaks/{name}.bed", LENGTHS, offset=100 * number)
    return folder


def test_an_overlay_of_ten_lines_with_splits_of_80_10_and_10_percent(own):
    dataset, said = written("--fasta", "genome.fa", "--peaks", "peaks/*.bed")
    assert len(keys(own / "overlay.yaml")) <= 10
    assert dataset.keys() == {"source", "fasta", "peaks", "splits"}
    assert dataset["fasta"] == "genome.fa"
    assert dataset["peaks"] == {"folder": "peaks", "pattern": "*.bed"}
    files = sorted((own / "peaks").iterdir())
    found = shares(dataset["splits"], lengths_of("genome.fa"), peaks_of(files))
    for split in ("valid", "test"):
        assert found[split] == pytest.approx((0.1, 0.1), abs=0.03)
        line = next(line for line in said.splitlines() if line.startswith(f"{split} "))
        shown = [float(share) for share in re.findall(r"\(([\d.]+) %\)", line)]
        assert shown == pytest.approx([100 * share for share in found[split]], abs=0.06)


def test_the_peaks_of_each_target_are_counted_by_split(own):
    dataset, said = written("--fasta", "genome.fa", "--peaks", "peaks/*.bed")
    lengths = lengths_of("genome.fa")
    for name in "ABC":
        peaks = peaks_of([own / f"peaks/{name}.bed"])
        found = shares(dataset["splits"], lengths, peaks)
        counts = [round(found[split][1] * len(peaks)) for split in ("train", "valid", "test")]
        [line] = [line for line in said.splitlines() if line.startswith(f"{name} ")]
        assert [int(cell.replace(",", "")) for cell in line.split()[1:]] == [len(peaks), *counts]


@pytest.mark.parametrize("pattern", ["peaks/*.bed", "peaks/[ABC].bed", "./peaks/*"])
def test_a_pattern_with_and_without_quotes(own, pattern):
    files = [f"peaks/{name}.bed" for name in "ABC"]
    quoted, _ = written("-f", "genome.fa", "-p", pattern)
    # As the shell passes a pattern without quotes.
    expanded, _ = written("-f", "genome.fa", "-p", *files, "--force")
    repeated, _ = written("-f", "genome.fa", *(f"-p{file}" for file in files), "--force")
    assert expanded == repeated
    for dataset in (quoted, expanded):
        targets, read = named(source_of(dataset))
        assert targets == dict(zip("ABC", files, strict=True))
        assert read == files


def test_other_files_of_the_folder_are_not_read(own):
    write_peaks(own / "peaks/D_other.bed", LENGTHS)
    write_genome(own / "peaks/readme.txt", {"x": 3})
    for pattern in ("peaks/?.bed", "peaks/[A-C].bed"):
        dataset, _ = written("-f", "genome.fa", "-p", pattern, "--force")
        assert set(named(source_of(dataset))[0]) == set("ABC")
        assert "pattern" in dataset["peaks"]
    # No pattern matches these two alone.
    dataset, said = written("-f", "genome.fa", "-p", "peaks/A.bed", "peaks/B.bed", "--force")
    assert dataset["peaks"] == {"table": "overlay_peaks.tsv"}
    assert "Written: overlay.yaml, overlay_peaks.tsv" in said
    assert named(source_of(dataset))[0] == {"A": "peaks/A.bed", "B": "peaks/B.bed"}


def test_files_of_several_folders_have_a_table_with_distinct_names(own):
    for cell in ("K562", "Hep G2"):
        for factor in ("CTCF", "REST"):
            write_peaks(own / cell / "idr" / f"{factor}_peaks.narrowPeak.gz", LENGTHS)
    write_peaks(own / "K562/idr/MAX.bed", LENGTHS)
    (own / "out").mkdir()
    options = ("-p", "*/idr/*.narrowPeak.gz", "-p", "K562/*/MAX.bed", "-o", "out/cells.yaml")
    dataset, _ = written("-f", "genome.fa", *options, out="out/cells.yaml")
    assert dataset["peaks"] == {"table": "out/cells_peaks.tsv"}
    targets, read = named(source_of(dataset))
    assert read[0] == "out/cells_peaks.tsv"
    assert {name: str(path).split("/")[-3] for name, path in targets.items()} == {
        "K562_CTCF": "K562",
        "K562_REST": "K562",
        "Hep G2_CTCF": "Hep G2",
        "Hep G2_REST": "Hep G2",
        "MAX": "K562",
    }


def test_one_peak_file_gets_negatives_and_a_reason(own):
    dataset, said = written("-f", "genome.fa", "-p", "peaks/B.bed")
    assert dataset["negatives"] == {"train": 1, "valid": 1, "test": 1}
    assert dataset["peaks"] == {"folder": "peaks", "pattern": "B.bed"}
    assert named(source_of(dataset))[0] == {"B": "peaks/B.bed"}
    assert "All bins with peaks are positive for the only target" in said
    assert len(keys(own / "overlay.yaml")) <= 10
    # A second file without peaks adds no target.
    (own / "peaks/empty.bed").write_text("# none\n")
    dataset, said = written("-f", "genome.fa", "-p", "peaks/B.bed", "peaks/empty.bed", "--force")
    assert "negatives" in dataset
    assert "1 target without peaks will be left out: empty." in said
    dataset, _ = written("-f", "genome.fa", "-p", "peaks/[BC].bed", "--force")
    assert "negatives" not in dataset


def test_names_with_spaces_and_compressed_files(folder):
    place = folder / "my data (new)" / "p 1"
    write_genome(folder / "my data (new)" / "a genome.fa.gz", LENGTHS)
    for name in ("Reb1 #2", "it's"):
        write_peaks(place / f"{name}.narrowPeak.gz", LENGTHS)
    (folder / "Snakefile").touch()
    options = ("--fasta", "my data (new)/a genome.fa.gz", "--out", "my overlay.yaml")
    dataset, said = written(
        *options, "--peaks", "my data (new)/p 1/*.narrowPeak.gz", out="my overlay.yaml"
    )
    assert dataset["fasta"] == "my data (new)/a genome.fa.gz"
    assert set(named(source_of(dataset))[0]) == {"Reb1 #2", "it's"}
    assert "snakemake --configfile 'my overlay.yaml'" in said
    assert "results/my_overlay/report.html" in said


def test_the_printed_command_is_one_that_the_shell_finds(own, monkeypatch):
    programs = own / "env" / "bin"
    programs.mkdir(parents=True)
    (programs / "snakemake").touch(mode=0o755)
    monkeypatch.setattr("sys.executable", str(programs / "python"))
    (own / "Snakefile").touch()
    for path, command in (("", "env/bin/snakemake"), (str(programs), "snakemake")):
        monkeypatch.setenv("PATH", path)
        _, said = written("-f", "genome.fa", "-p", "peaks/B.bed", "--force")
        assert f"\n  {command} --configfile" in said


def test_without_a_snakefile_the_printed_command_runs_from_any_folder(own, tmp_path_factory):
    (own / "with a space").mkdir()
    options = ("-p", "peaks/*.bed", "-o", "with a space/mine.yaml")
    _, said = written("-f", "genome.fa", *options, out="with a space/mine.yaml")
    [line] = [line for line in said.splitlines() if " --configfile " in line]
    _, *command = shlex.split(line)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    status, run = warm.snakemake([*command, "--cores", "1", "--dry-run"], elsewhere)
    assert status == 0, run
    assert "results/mine/report.html" in run
    assert [*elsewhere.iterdir()] == []


def test_paths_below_the_working_directory_are_relative(own, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_genome(elsewhere / "genome.fa", LENGTHS)
    dataset, _ = written("-f", elsewhere / "genome.fa", "-p", f"{own}/peaks/*.bed")
    assert dataset["fasta"] == str(elsewhere / "genome.fa")
    assert dataset["peaks"]["folder"] == "peaks"
    write_peaks(elsewhere / "Z.bed", LENGTHS)
    dataset, _ = written("-f", "genome.fa", "-p", "peaks/A.bed", elsewhere / "Z.bed", "--force")
    assert named(source_of(dataset))[0] == {"A": "peaks/A.bed", "Z": str(elsewhere / "Z.bed")}


def test_an_existing_file_is_replaced_on_request_only(own):
    before = "mine: edited\n"
    (own / "overlay.yaml").write_text(before)
    assert refused("-f", "genome.fa", "-p", "peaks/*.bed").startswith(
        "overlay.yaml: found an existing file; expected none"
    )
    assert (own / "overlay.yaml").read_text() == before
    written("-f", "genome.fa", "-p", "peaks/*.bed", "--force")
    (own / "cells_peaks.tsv").write_text(before)
    write_peaks(own / "more/A.bed", LENGTHS)
    options = ("-f", "genome.fa", "-p", "*/A.bed", "-o", "cells.yaml")
    assert refused(*options).startswith("cells_peaks.tsv: found an existing file")
    assert not (own / "cells.yaml").exists()
    assert "one of the input files" in refused(
        "-f", "genome.fa", "-p", "peaks/*.bed", "-o", "peaks/A.bed", "--force"
    )
    assert (own / "peaks/A.bed").read_text().startswith("I\t")


def test_the_name_of_the_data_set(own):
    written("-f", "genome.fa", "-p", "peaks/*.bed", "-o", "a.yaml", "--name", "x.y", out="a.yaml")
    assert yaml.safe_load((own / "a.yaml").read_text())["datasets"].keys() == {"x.y"}
    for name, expected in (
        ("deepsea", "another name than that of the data set in config.yaml"),
        ("sweep", "another name than that of the folder of sweeps"),
        ("", "a name of at most 100 letters"),
        ("a b", "a name of at most 100 letters"),
    ):
        said = refused("-f", "genome.fa", "-p", "peaks/*.bed", "-o", "b.yaml", "--name", name)
        assert said.startswith(f"--name: found '{name}'; expected {expected}")
    assert not (own / "b.yaml").exists()


def test_few_peaks_and_chromosomes_without_peaks_are_warned_of(own):
    few = {name: LENGTHS[name] for name in ("I", "II")}
    write_peaks(own / "peaks/few.bed", few, every=4000)
    with (own / "peaks/few.bed").open("a") as handle:
        handle.write("chr99\t5\t300\tx\nchr98\t5\t300\tx\n")
    _, said = written("-f", "genome.fa", "-p", "peaks/*.bed")
    [line] = [line for line in said.splitlines() if "few peaks in a split" in line]
    assert "1 target with few peaks" in line
    assert "few (train " in line
    assert "2 peaks on 2 names that the FASTA file lacks will be left out: chr99, chr98" in said
    assert "have no peaks" not in said
    _, said = written("-f", "genome.fa", "-p", "peaks/few.bed", "--force")
    share = 100 * (1 - sum(few.values()) / sum(LENGTHS.values()))
    assert f"8 of 10 chromosomes have no peaks ({share:.1f} % of the bases): III, IV" in said


def test_short_peaks_are_labelled_by_their_summits(own):
    write_peaks(own / "short/A.bed", LENGTHS, width=60)
    write_peaks(own / "short/B.bed", LENGTHS, width=60)
    dataset, said = written("-f", "genome.fa", "-p", "short/*.bed")
    assert dataset["peak"] == "summit"
    assert "- peak: summit. Labels the bin of each peak's summit or midpoint" in said
    for width in (1, 150, 900):
        write_peaks(own / "short/A.bed", LENGTHS, width=width)
        write_peaks(own / "short/B.bed", LENGTHS, width=width)
        assert "peak" not in written("-f", "genome.fa", "-p", "short/*.bed", "--force")[0]


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["-p", "peaks/*.narrowPeak"], "peaks/*.narrowPeak: found no file that matches; expected"),
        (["-p", "none.bed"], "none.bed: found no such file; expected a BED or narrowPeak file"),
        (["-p", "peaks"], "peaks: found a folder; expected peak files. Give a pattern"),
        (["-p", "genome.fa"], "genome.fa, line 1: found"),
        (["-p", "peaks/A.bed", "-f", "none.fa"], "none.fa: found no such file; expected a FASTA"),
        (["-p", "peaks/A.bed", "-f", "peaks/B.bed"], "peaks/B.bed: found"),
        (["-p", "peaks/A.bed", "-f", "https://example.org/a.fa"], "--fasta: found a URL"),
        (["-p", "other.bed"], "other.bed: found intervals on scaffold_1 only"),
        (["-p", "empty.bed"], "empty.bed: found no peaks"),
        (["-p", "br{a}ce.bed"], "br{a}ce.bed: found a path with braces"),
        (["-p", "same/*"], "found CTCF.bed and CTCF_peaks.narrowPeak, both of the target 'CTCF'"),
    ],
)
def test_bad_inputs_are_named(own, arguments, fragment):
    write_peaks(own / "other.bed", {"scaffold_1": 9000})
    write_peaks(own / "br{a}ce.bed", LENGTHS)
    (own / "empty.bed").write_text("# none\n")
    for name in ("CTCF.bed", "CTCF_peaks.narrowPeak"):
        write_peaks(own / "same" / name, LENGTHS)
    fasta = [] if "-f" in arguments else ["-f", "genome.fa"]
    assert fragment in refused(*fasta, *arguments)
    assert not (own / "overlay.yaml").exists()
