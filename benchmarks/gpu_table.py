"""Print one table of the results of gpu.sh in a folder."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path


def tests(path: Path) -> Iterator[tuple[str, object]]:
    """Measurement and value of the file of pytest."""
    for suite in ET.parse(path).getroot():
        for name in ("tests", "failures", "errors", "skipped", "time"):
            yield name, suite.get(name)


def benchmark(path: Path) -> Iterator[tuple[str, object]]:
    """The same of the file of a benchmark."""
    for name, value in json.loads(path.read_text(encoding="utf-8")).items():
        if isinstance(value, dict):
            for key, inner in value.items():
                yield f"{name}: {key}", inner
        else:
            yield name, value


def accuracy(path: Path) -> Iterator[tuple[str, object]]:
    """The same of the file of accuracy.py."""
    for run in json.loads(path.read_text(encoding="utf-8"))["runs"]:
        name = f"{run.pop('model')}, seed {run.pop('seed')}"
        for key, value in run.items():
            yield f"{name}: {key}", value


PARTS = {
    "tests.xml": tests,
    "compiled.xml": tests,
    "train.json": benchmark,
    "predict.json": benchmark,
    "explain.json": benchmark,
    "accuracy.json": accuracy,
}


def rows(folder: Path) -> Iterator[tuple[str, str, object]]:
    """Part, measurement and value; of a damaged file, the error."""
    for file, read in PARTS.items():
        path = folder / file
        if not path.exists():
            continue
        try:
            for name, value in read(path):
                yield path.stem, name, value
        except (ValueError, KeyError, ET.ParseError) as error:
            yield path.stem, f"damaged: {file}", error


def main() -> None:
    for part, name, value in rows(Path(sys.argv[1])):
        print(f"{part:9s} {name:90s} {value}")


if __name__ == "__main__":
    main()
