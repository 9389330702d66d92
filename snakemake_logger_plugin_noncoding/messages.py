"""Messages of Snakemake, in short."""

import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from noncoding import layout
from noncoding.common.errors import InputError, did_you_mean, some_of
from noncoding.common.files import correct_path
from noncoding.data.genome.peak_table import read_peak_table

_OMITTED = re.compile(
    r"""
    # What Snakemake does for itself.
    Config\ file\ .*\ is\ (extended|replaced)\ by
    | Assuming\ unrestricted\ shared\ filesystem\ usage
    | Building\ DAG\ of\ jobs
    | Using\ shell:
    | (Conda\ environments|Singularity\ containers):\ ignored
    | Group\ jobs:\ inactive
    | Select\ jobs\ to\ execute
    | Shutting\ down,\ this\ might\ take\ some\ time
    | (Removing|Would\ remove)\ temporary\ output
    | Removing\ output\ files\ of\ failed\ job
    | Touching\ output\ file
    | Processed\ \d+\ potential\ jobs
    | Job\ \d+\ has\ been\ submitted\ with\ SLURM\ jobid
    | Workflow\ defines\ that\ rule\ .*\ is\ eligible\ for\ caching
    # A stage replaces all of its outputs at once: after a failure, the former ones are there.
    | (Cannot\ restore|Restored\ previous\ version\ of)
    # What the end of a run, or of a dry run, says in other words.
    | Complete\ log\(s\):
    | Elapsed\ time:
    | Exiting\ because\ a\ job\ execution\ failed
    | This\ was\ a\ dry-run
    | Reasons:
    | Some\ jobs\ were\ triggered\ by\ provenance\ information
    | Rules\ with\ (provenance\ triggered\ jobs|missing\ metadata|outdated\ metadata)
    | \d+\ jobs\ have\ (missing|outdated)\ provenance
    | (None)?$
    """,
    re.VERBOSE,
)
_HEAD = re.compile(r'(\w+)(?: in rule \w+)?(?: in file ".*", line \d+)?[:.](?:\n|$)')
_TRACE = re.compile(r'^ *File ".*", line \d+, in .*$\n?', re.MULTILINE)
_NO_RULE = re.compile(r"No rule to produce (?P<name>.+?) \(if you use input functions")
_MISSING = re.compile(r"affected files:((?:\n {8}\S.*)+)")
_INPUT_FUNCTION = re.compile(r"Error:\n  \w+: ?\n?(.*?)\nWildcards:", re.DOTALL)
_EXPLAINED = {
    *("WorkflowError", "LockException", "MissingRuleException", "MissingInputException"),
    *("MissingOutputException", "IncompleteFilesException", "AmbiguousRuleException"),
    "CliException",
}
"""Errors of Snakemake whose messages need no place in the code."""
_DIGEST = re.compile(r"'([^' ]+) ([0-9a-f]{64})'")
"""Path and digest of a source file, which the rules have as parameters."""
_REASONS = {
    "Missing output files": "missing output",
    "Incomplete output files": "incomplete output",
    "Updated input files": "changed input",
    "Input files updated by another job": "input of an earlier job",
    "Set of input files has changed since last execution": "other input files",
    "Params have changed since last execution": "changed settings",
    "Code has changed since last execution": "changed code",
    "Forced execution": "forced",
}


def is_omitted(message: str) -> bool:
    """Whether a message without an event is of no interest to a user."""
    return _OMITTED.match(message.strip()) is not None


def without_trace(exception: str, text: str) -> str:
    """The message of an exception, without its place in the workflow where it is expected.

    Parameters
    ----------
    exception : str
        Name of its class.
    text : str
        As Snakemake formats it.
    """
    if exception == "MissingRuleException" and (missing := _NO_RULE.search(text)):
        return str(
            InputError(
                "command line",
                f"the target {missing['name']}",
                f"a stage ({some_of(layout.FOLDERS, shown=len(layout.FOLDERS))}), or a file that "
                "a stage makes",
                did_you_mean(missing["name"], layout.FOLDERS) or "Correct it, or leave it out.",
            )
        )
    if exception == "InputFunctionException" and (inner := _INPUT_FUNCTION.search(text)):
        return "\n".join(line.strip() for line in inner[1].strip().splitlines())
    if exception not in _EXPLAINED:
        return text.strip()
    return _TRACE.sub("", _HEAD.sub("", text, count=1)).strip()


def missing_inputs(text: str, configuration: Mapping[str, Any]) -> str | None:
    """Where the configuration, or a table of peak files, names input files that do not exist.

    Parameters
    ----------
    text : str
        A `MissingInputException` as Snakemake formats it.
    configuration : mapping
        That of the run.

    Returns
    -------
    str or None
        A line per file; None if the files are named nowhere.
    """
    wheres: dict[str, str] = {}
    for where, path in _named_files(configuration):
        wheres.setdefault(os.path.normpath(path), where)
    files = [line.strip() for block in _MISSING.findall(text) for line in block.splitlines()]
    errors = [
        InputError(wheres[file], f"{file!r}, which does not exist", "a file", correct_path(file))
        for file in map(os.path.normpath, filter(None, files))
        if file in wheres
    ]
    return some_of(errors, separator="\n", shown=3) or None


def _named_files(configuration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key or line, and text, of all values that may be files."""
    yield from _texts(configuration, "configuration, key ")
    for dataset in configuration.get("datasets", {}).values():
        if table := (dataset.get("peaks") or {}).get("table"):
            with suppress(InputError):  # a table that does not exist
                yield from ((row.where, str(row.path)) for row in read_peak_table(table))


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Place and text of all texts within a value; a file may be a mapping with its ``url``."""
    if isinstance(value, str):
        yield place.rstrip("."), value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, place if key == "url" else f"{place}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, place)


def ended_by(text: str) -> str | None:
    """How the process of a job ended, from the text of a `CalledProcessError`.

    None if the text is that of another error.

    Examples
    --------
    >>> ended_by("CalledProcessError …: Command 'python' returned non-zero exit status 1.")
    'it ended with exit status 1 and without a message'
    """
    if "CalledProcessError" not in text:
        return None
    if name := re.search(r"died with <Signals\.(\w+)", text):
        return _killed(name[1])
    status = int(found[1]) if (found := re.search(r"exit status (\d+)", text)) else 1
    if status > 128:  # as a shell reports it
        with suppress(ValueError):
            return _killed(signal.Signals(status - 128).name)
    return f"it ended with exit status {status} and without a message"


def _killed(name: str) -> str:
    why = ", as happens when memory runs out" if name == "SIGKILL" else ""
    return f"its process was ended by the signal {name}{why}"


def short_reason(reason: str) -> str:
    """Why a job is run, in a few words.

    Examples
    --------
    >>> short_reason("Missing output files: a.h5, b.h5; Input files updated by another job: c.h5")
    'missing output'
    >>> short_reason("Updated input files: genome.fa")
    'changed input: genome.fa'
    """
    found = []
    for part in re.split(r"; (?=[A-Z])", reason):
        head, _, files = part.partition(": ")
        words = _REASONS.get(head.strip(": \n"), head.partition("\n")[0].lower())
        if words == "changed input":
            words += f": {some_of(files.split(', '), shown=2)}"
        if words == "changed settings" and (edited := _edited(files)):
            found.append(f"changed code: {some_of(edited, shown=2)}")
            # What is left are the values of settings.
            if not re.search(r"['{\d]|True|False|None", _DIGEST.sub("", files)):
                continue
        found.append(words)
    # Of the jobs of a chain, only the first needs a reason of its own.
    return ", ".join([words for words in found if words != "input of an earlier job"] or found)


def _edited(parameters: str) -> list[str]:
    """Source files whose digests differ between the parameters before and now."""
    before, now = (set(_DIGEST.findall(text)) for text in parameters.partition(" now: ")[::2])
    return sorted({path for path, _ in before ^ now})
