"""The subcommand ``estimate``."""

import json
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from noncoding.cli.common import reported

if TYPE_CHECKING:
    from noncoding.cost.estimate import Cost, Estimate
    from noncoding.cost.rates import Device

_HEADINGS = (
    *("rule", "jobs", "core hours", "GPU hours"),
    *("GB kept", "GB temporary", "GB downloaded"),
)


class Hardware(StrEnum):
    """What runs networks: the GPU or the two cores of the measured rates."""

    cuda = "cuda"
    cpu = "cpu"
    here = "here"


def estimate(
    context: typer.Context,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Jobs that run at the same time.")
    ] = 1,
    device: Annotated[
        Hardware,
        typer.Option("--device", help="Where networks run; here: on what this machine has."),
    ] = Hardware.cuda,
    size: Annotated[
        list[str] | None,
        typer.Option(
            "--size",
            help="NAME=TRAIN,VALID,TEST,TARGETS: rows of each split and number of targets of a "
            "data set. May be repeated.",
        ),
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            "--rate",
            help="NAME=VALUE: your own measured rate, such as train:hybrid=5000 (rows per second), "
            "predict:hybrid=7000 (loci per second) or download=50e6 (bytes per second). May be "
            "repeated.",
        ),
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--earlier",
            readable=False,
            help="Results of an earlier run on the same hardware and with the same settings, for "
            "the rates of its trainings and of its jobs of at least a minute.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    r"""Estimate what a run costs before it starts: jobs, hours, disk space and downloads.

    A dry run of Snakemake gives the jobs; results that exist need none. Run it in the folder of
    the pipeline. All other options are those of Snakemake, such as `--configfile`. Hours follow
    from the number of rows and from measured rates, whose sources are listed. They hold for the
    hardware of docs/performance.md: two cores of an AMD EPYC, and one NVIDIA H200. Waiting in a
    queue is not included.

    **Examples**

        # The full reproduction, one job at a time
        noncoding estimate

        # Five seeds of two models on a cluster, 20 jobs at once
        noncoding estimate --jobs 20 --workflow-profile profiles/slurm \
            --config 'run={models: [hybrid, best], seeds: [1, 2, 3, 4, 5]}'

        # With your own measured rates
        noncoding estimate --rate train:hybrid=8000 --rate download=50e6
    """
    with reported():
        # Imported here, so that the help does not wait for pandas.
        from noncoding.cost.estimate import Estimator  # noqa: PLC0415
        from noncoding.cost.measured import rates_of_run  # noqa: PLC0415
        from noncoding.cost.plan import dry_run  # noqa: PLC0415
        from noncoding.cost.rates import Rates, given_rates  # noqa: PLC0415
        from noncoding.cost.sizes import given_sizes  # noqa: PLC0415
        from noncoding.settings.config import check_settings  # noqa: PLC0415

        plan = dry_run(context.args)
        settings = check_settings(plan.configuration)
        chosen = _device(device)
        sizes = given_sizes(size or [], settings)
        own = rates_of_run(earlier, settings, sizes) if earlier else {}
        own |= given_rates(rate or [], settings.models)
        with chdir(plan.directory):
            found = Estimator(plan, Rates(chosen, own), sizes).estimate(jobs)
        if as_json:
            typer.echo(json.dumps(_as_json(found, jobs, chosen), indent=2))
            return
        for line in _lines(found, jobs, chosen):
            typer.echo(line)


def _device(wanted: Hardware) -> "Device":
    """Where networks run."""
    if wanted == Hardware.here:
        import torch  # noqa: PLC0415

        return "cuda" if torch.cuda.is_available() else "cpu"
    return "cuda" if wanted == Hardware.cuda else "cpu"


def _as_json(found: "Estimate", jobs: int, device: "Device") -> dict[str, Any]:
    return {
        "device": device,
        "rules": {rule: asdict(cost) for rule, cost in found.rules.items()},
        "total": asdict(found.total),
        "peak_bytes": found.peak,
        "parallel_jobs": jobs,
        "elapsed_hours": found.elapsed,
        "longest_chain_hours": found.longest,
    }


def _lines(found: "Estimate", jobs: int, device: "Device") -> Iterator[str]:
    """The table, totals, and the sources of rates and sizes."""
    if not found.rules:
        yield "Nothing to be done: all results exist."
        return
    rows = [_HEADINGS, *(_row(rule, cost) for rule, cost in found.rules.items())]
    rows.append(_row("total", found.total))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        numbers = (each.rjust(width) for each, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *numbers])
    total = found.total
    yield ""
    yield (
        f"Elapsed: {_hours(found.elapsed)} h with {jobs} jobs at once, at least "
        f"{_hours(found.longest)} h with any number (the longest chain of jobs)."
    )
    yield (
        f"Disk: at most {_gigabytes(found.peak)} GB at the same time, "
        f"{_gigabytes(total.kept)} GB kept. Downloads: {_gigabytes(total.downloaded)} GB."
    )
    where, other, there = (
        ("on a GPU", "cpu", "on two cores")
        if device == "cuda"
        else ("on two cores", "cuda", "on a GPU")
    )
    yield f"Networks run {where}; with --device {other}, {there}."
    yield ""
    yield "Rates and sizes:"
    for what, source in total.sources.items():
        yield f"  {what} ({source})"


def _row(name: str, cost: "Cost") -> tuple[str, ...]:
    return (
        name,
        f"{cost.jobs:,}",
        _hours(cost.core_hours),
        _hours(cost.gpu_hours),
        _gigabytes(cost.kept),
        _gigabytes(cost.temporary),
        _gigabytes(cost.downloaded),
    )


def _hours(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:,.2f}"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.2f}"
