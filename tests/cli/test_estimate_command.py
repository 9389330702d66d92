"""`noncoding estimate` against Snakemake's own count of jobs, and against documented sizes."""

import json
import re

import pytest
import torch
import yaml
from toy_inputs import SIMULATED, write_applied, write_genome
from typer.testing import CliRunner
from workflows import ROOT, snakemake, tiny, written

from noncoding.cli.app import app
from noncoding.common.errors import InputError
from noncoding.cost.estimate import Estimator, elapsed_hours
from noncoding.cost.measured import rates_of_run
from noncoding.cost.plan import Job, Plan, read_plan
from noncoding.cost.rates import REFERENCE_MODELS, Rate, Rates, given_rates
from noncoding.cost.sizes import DataSize, given_sizes, model_size
from noncoding.data.simulation import TARGETS as SIMULATED_TARGETS
from noncoding.settings.config import check_settings

OWN = "own=4,3,3,2"
OFFICIAL = DataSize(
    {"train": 4_400_000, "valid": 8_000, "test": 455_024},
    {"train": 2_200_000, "valid": 4_000, "test": 227_512},
    919,
    1000,
    "test",
)


def default():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def toy(folder):
    return tiny(sim=SIMULATED)


def seeds_and_ensembles(folder):
    config = tiny(sim=SIMULATED, own=write_genome(folder))
    config["run"] |= {
        "seeds": [1, 2, 3],
        "ensembles": {"all": ["toy"], "two": {"members": ["toy-seed1", "toy-seed3"]}},
    }
    return config


def everything(folder):
    config = seeds_and_ensembles(folder)
    config["evaluate"]["genome_wide"] = True
    config["apply"] = write_applied(folder)
    return config


def planned(folder, config, *arguments):
    """The plan of a dry run, and Snakemake's own table of jobs."""
    plan = folder / "plan.json"
    logger = ("--logger", "noncoding", "--logger-noncoding-plan", str(plan))
    status, said = snakemake(folder, "--dry-run", *logger, *arguments, config=config)
    assert status == 0, said
    _, said = snakemake(folder, "--dry-run", "--verbose", *arguments, config=config)
    table = said.partition("\njob ")[2].partition("\ntotal")[0]
    return read_plan(plan), {
        rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)
    }


@pytest.mark.parametrize("configured", [toy, seeds_and_ensembles, everything])
def test_jobs_are_those_that_snakemake_counts(configured, tmp_path):
    config = configured(tmp_path)
    plan, counted = planned(tmp_path, config)
    sizes = given_sizes(
        [OWN] if "own" in config["datasets"] else [], check_settings(plan.configuration)
    )
    for device in ("cpu", "cuda"):
        found = Estimator(plan, Rates(device), sizes).estimate(2)
        assert {"all": 1} | {rule: cost.jobs for rule, cost in found.rules.items()} == counted
        assert found.total.jobs == sum(counted.values()) - 1
        assert found.longest <= found.elapsed <= found.total.core_hours + found.total.gpu_hours
        assert (found.total.gpu_hours > 0) == (device == "cuda")
    # The order of the jobs: no file that a job reads comes from nowhere.
    made = {path for job in plan.jobs for path in job.outputs}
    results = {path for job in plan.jobs for path in job.inputs if path.startswith("results/")}
    assert results <= made


def test_disk_space_of_the_official_data_set(tmp_path):
    """As added up by hand in config.yaml, in GB, without its 0.3 GB of other files."""
    _, found = official(tmp_path)
    rules = found.rules
    assert rules["unpack_bundle"].temporary / 1e9 == pytest.approx(23.9, abs=0.05)
    assert rules["convert_split"].kept / 1e9 == pytest.approx(3.0, abs=0.05)
    assert rules["convert_split"].temporary / 1e9 == pytest.approx(2.7, abs=0.05)
    assert rules["predict_split"].kept / 1e9 == pytest.approx(0.8, abs=0.05)
    training = rules["train_model"]
    assert (training.kept + training.temporary) / 1e9 == pytest.approx(2.8, abs=0.05)
    assert found.total.downloaded == 4e9
    assert found.peak / 1e9 == pytest.approx(37.5, abs=0.5)


def test_hours_of_training_follow_from_the_measured_rate(tmp_path):
    plan, found = official(tmp_path)
    rows = 20 * (4_400_000 + 8_000 / 3)
    assert found.rules["train_model"].gpu_hours == pytest.approx(rows / 5092 / 3600, rel=0.01)
    own = {"train hybrid": Rate(1000, "rows/s", "mine")}
    found = Estimator(plan, Rates("cuda", own), {"deepsea": OFFICIAL}).estimate(1)
    assert found.rules["train_model"].gpu_hours == pytest.approx(rows / 1000 / 3600, rel=0.01)
    assert "mine" in found.total.sources.values()
    cpu = Estimator(plan, Rates("cpu"), {"deepsea": OFFICIAL}).estimate(1)
    assert cpu.elapsed == pytest.approx(rows / 6.1 / 3600, rel=0.05)


def test_ten_models_with_five_seeds_are_as_documented(tmp_path):
    config = yaml.safe_load((ROOT / "configs" / "deepsea_ten_models.yaml").read_text())
    plan, counted = planned(tmp_path, config)
    found = Estimator(plan, Rates("cuda"), {"deepsea": OFFICIAL}).estimate(50)
    assert found.total.jobs == sum(counted.values()) - 1
    assert found.rules["train_model"].jobs == 50
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    # Core hours depend on the threads of the profile.
    [row] = re.findall(
        r"^\| total \| (\d+) \| \d+ \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE
    )
    of_all = found.total
    numbers = of_all.jobs, of_all.gpu_hours, of_all.kept / 1e9, of_all.temporary / 1e9
    assert row == tuple(f"{number:.0f}" for number in numbers)
    assert f"It takes at least {found.elapsed:.1f} h" in page
    assert f"at most {found.peak / 1e9:.0f} GB at the same time" in page


def official(folder):
    plan, _ = planned(folder, None)
    return plan, Estimator(plan, Rates("cuda"), {"deepsea": OFFICIAL}).estimate(1)


@pytest.mark.parametrize(("table", "targets"), [(None, 919), ("mine.tsv", 2)])
def test_tables_are_found_from_another_folder(table, targets, tmp_path, monkeypatch):
    """Sizes are those that are given: the published rows, and the targets of the table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.tsv").write_text("index\tgroup\tname\n0\tX\ta\n1\tX\tb\n")
    settings = {"datasets": {"deepsea": {"targets": table}}} if table else {}
    arguments = ["--snakefile", f"{ROOT}/Snakefile", "--directory", "run"]
    arguments += ["--configfile", str(written(settings, tmp_path))]
    found, given = (
        CliRunner().invoke(app, ["estimate", "--json", *size, *arguments])
        for size in ([], ["--size", f"deepsea=4400000,8000,455024,{targets}"])
    )
    assert found.exit_code == 0, found.output
    [found, given] = (json.loads(said.stdout[said.stdout.index("{") :]) for said in (found, given))
    assert found["elapsed_hours"] == given["elapsed_hours"]
    assert found["peak_bytes"] == given["peak_bytes"]


def test_an_ensemble_costs_as_much_as_its_members():
    config = default()
    config["run"] |= {"models": ["hybrid", "compact"], "ensembles": {"both": ["hybrid", "compact"]}}
    jobs = {
        name: Job("predict_split", {"dataset": "deepsea", "model": name}, 2, 1, (), ())
        for name in ("hybrid", "compact", "both")
    }
    own = {"predict hybrid": Rate(10, "loci/s", ""), "predict compact": Rate(1000, "loci/s", "")}
    hours = {}
    for name, job in jobs.items():
        plan = Plan(config, [job], {"predict_split": 1})
        found = Estimator(plan, Rates("cuda", own), {"deepsea": OFFICIAL}).estimate(1)
        hours[name] = found.total.gpu_hours - 10 / 3600  # the start of the job
    assert hours["hybrid"] == pytest.approx(227_512 / 10 / 3600)
    assert hours["both"] == pytest.approx(hours["hybrid"] + hours["compact"])


@pytest.mark.parametrize(("teacher", "cost"), [("compact-seed1", 4 / 3), ("both", 5 / 3)])
def test_a_forward_pass_of_a_teacher_costs_a_third_of_a_step(teacher, cost):
    """The teacher is one or two networks of the size of the student."""
    config = default()
    config["run"] |= {
        "models": ["plain", "student"],
        "seeds": [1, 2],
        "ensembles": {"both": ["compact-seed1", "compact-seed2"]},
    }
    config["models"]["plain"] = {"like": "compact"}
    config["models"]["student"] = {"like": "compact", "teacher": f"results/deepsea/{teacher}/model"}
    hours = {}
    for name in ("plain", "student"):
        job = Job("train_model", {"dataset": "deepsea", "model": f"{name}-seed1"}, 1, 0, (), ())
        plan = Plan(config, [job], {"train_model": 1})
        found = Estimator(plan, Rates("cpu"), {"deepsea": OFFICIAL}).estimate(1)
        hours[name] = found.total.core_hours - 10 / 3600  # the start of the job
    assert hours["student"] / hours["plain"] == pytest.approx(cost)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_measured_rates_are_those_of_the_documentation(device):
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rates = Rates(device)
    names = [f"train {name}" for name in REFERENCE_MODELS if (device, name) != ("cuda", "hybrid")]
    for name in ("describe", "predict hybrid", "predict compact", *names):
        shown = f"{rates.of(name).value:,}".removesuffix(".0")
        assert re.search(rf"(?<![\d.,]){re.escape(shown)}(?![\d]|[.,]\d)", page), (name, shown)


def test_operations_of_the_measured_models():
    config = default()
    settings = check_settings(config)
    for name, operations in REFERENCE_MODELS.items():
        assert model_size(settings, name, OFFICIAL).operations == pytest.approx(
            operations, rel=0.01
        )


@pytest.mark.parametrize(("parallel", "hours"), [(1, 11), (2, 7), (3, 5), (9, 5)])
def test_elapsed_time_of_a_known_graph(parallel, hours):
    """0 (1 h) precedes 1, 2 and 3 (2, 3 and 4 h), of which 1 and 2 precede 4 (1 h)."""
    durations = {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0, 4: 1.0}
    before = {1: {0}, 2: {0}, 3: {0}, 4: {1, 2}}
    assert elapsed_hours(durations, before, parallel) == hours


def test_rates_of_an_earlier_run(tmp_path):
    for seed, speeds in {1: "100,300,200", 2: "50,70,60"}.items():
        path = tmp_path / "toy" / f"small-seed{seed}" / "training" / "metrics.csv"
        path.parent.mkdir(parents=True)
        lines = [f"{number},{speed}\n{number},\n" for number, speed in enumerate(speeds.split(","))]
        path.write_text("epoch,sequences_per_second\n" + "".join(lines))
    found = rates_of_run(tmp_path, check_settings(default()))
    assert {name: rate.value for name, rate in found.items()} == {"train small": 60}


def test_rates_of_an_earlier_run_are_those_of_one_device(tmp_path):
    """Of 300 rows a second on two machines with two devices each, and 2 loci in 100 s on four."""
    config = default() | {"datasets": {"sim": SIMULATED}}
    config["train"] |= {"devices": 2, "num_nodes": 2}
    config["predict"]["devices"] = 4
    log = tmp_path / "sim" / "compact" / "training" / "metrics.csv"
    log.parent.mkdir(parents=True)
    log.write_text("epoch,sequences_per_second\n0,300\n")
    plant_benchmark(tmp_path / "sim" / "compact" / "logs" / "predict.benchmark.tsv", 100)
    found = rates_of_run(tmp_path, check_settings(config))
    assert {name: rate.value for name, rate in found.items()} == {
        "train compact": 75,
        "predict compact": 2 / 100 / 4,
    }


def test_rates_of_a_run_whose_stores_are_gone(tmp_path):
    config = default() | {"datasets": {"own": write_genome(tmp_path)}}
    plant_benchmark(tmp_path / "results" / "own" / "logs" / "describe.benchmark.tsv", 100)
    settings = check_settings(config)
    with pytest.raises(InputError, match="--size own="):
        rates_of_run(tmp_path / "results", settings)
    found = rates_of_run(tmp_path / "results", settings, given_sizes([OWN], settings))
    assert found["describe"].value == (4 + 3 + 3) / 100


def plant_benchmark(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:00\t100\n")
    return path


def test_rates_follow_from_benchmarks_of_an_earlier_run(tmp_path):
    """Both strands of 8, 2 and 2 loci; metrics of the test loci with 20 replicates."""
    config = default() | {"datasets": {"sim": SIMULATED}}
    config["evaluate"]["replicates"] = 20
    data, models = tmp_path / "sim" / "logs", tmp_path / "sim"
    describe = plant_benchmark(data / "describe.benchmark.tsv", 120)
    plant_benchmark(data / "baseline.benchmark.tsv", 59)  # mostly its start
    plant_benchmark(models / "toy-seed1" / "logs" / "predict.benchmark.tsv", 100)
    slowest = plant_benchmark(models / "toy-seed2" / "logs" / "predict.benchmark.tsv", 200)
    plant_benchmark(models / "toy-seed1" / "logs" / "evaluate.benchmark.tsv", 60)
    plant_benchmark(tmp_path / "another" / "logs" / "describe.benchmark.tsv", 600)
    found = rates_of_run(tmp_path, check_settings(config))
    assert {name: (rate.value, rate.unit) for name, rate in found.items()} == {
        "describe": (24 / 120, "rows/s"),
        "predict toy": (2 / 200, "loci/s"),
        "evaluate": (2 * len(SIMULATED_TARGETS) * 21 / 60, "loci × targets/s"),
    }
    assert found["describe"].source == str(describe)
    assert found["predict toy"].source == str(slowest)


def test_a_folder_without_an_earlier_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no benchmark of a job of at least 60 s"):
        rates_of_run(tmp_path, check_settings(default()))


@pytest.mark.parametrize("option", ["train:nobody=3", "download=fast", "download=-1", "download"])
def test_invalid_rates_are_refused(option):
    with pytest.raises(InputError, match=r"--rate: found"):
        given_rates([option], ["small"])


def test_the_command_prints_a_table_and_json(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = written(toy(tmp_path), tmp_path)
    arguments = ["--snakefile", f"{ROOT}/Snakefile", "--directory", str(tmp_path)]
    arguments += ["--configfile", str(config), "--cores", "1"]
    said = CliRunner().invoke(app, ["estimate", "--jobs", "2", "--device", "here", *arguments])
    assert said.exit_code == 0, said.output
    assert re.search(r"^train_model +1 ", said.stdout, re.MULTILINE)
    assert "with 2 jobs at once" in said.stdout
    assert "Networks run on two cores; with --device cuda, on a GPU." in said.stdout
    said = CliRunner().invoke(app, ["estimate", "--json", "--device", "cpu", *arguments])
    found = json.loads(said.stdout[said.stdout.index("{") :])
    assert found["rules"]["convert_split"]["jobs"] == 3
    assert found["total"]["gpu_hours"] == 0
    assert found["peak_bytes"] >= found["total"]["kept"]
