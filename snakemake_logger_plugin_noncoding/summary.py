"""What the terminal shows at the end of a run."""

from collections.abc import Sequence

from noncoding import layout
from snakemake_logger_plugin_noncoding.jobs import Job, clock


def table(jobs: Sequence[Job], seconds: float) -> str:
    """Number of jobs, time and main figures of each stage.

    Parameters
    ----------
    jobs : sequence of Job
        Finished jobs, in the order in which they finished.
    seconds : float
        Duration of the run.
    """
    rows = [("Stage", "Jobs", "Time", "Result")]
    order = [*layout.FOLDERS, *(job.stage for job in jobs)]
    for stage in sorted({job.stage for job in jobs}, key=order.index):
        those = [job for job in jobs if job.stage == stage]
        first, *others = _results(those)
        rows.append((stage, str(len(those)), clock(sum(job.seconds for job in those)), first))
        rows += [("", "", "", result) for result in others]
    rows.append(("all", str(len(jobs)), clock(seconds), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{stage:<{widths[0]}}  {count:>{widths[1]}}  {time:>{widths[2]}}  {result}".rstrip()
        for stage, count, time, result in rows
    )


def _results(jobs: list[Job]) -> list[str]:
    """Results of the jobs of a stage, with the wildcards in which the jobs differ."""
    keys = jobs[0].wildcards
    differing = [key for key in keys if len({job.wildcards.get(key) for job in jobs}) > 1]
    found = []
    for job in jobs:
        name = " ".join(job.wildcards.get(key, "") for key in differing)
        if result := job.log.result():
            found.append(f"{name}: {result}" if name else result)
    return found or [""]
