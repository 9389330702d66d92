"""Print one table of the results of gpu.sh in a folder."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path


def rows(folder: Path) -> Iterator[tuple[str, str, object]]:
    """Part, measurement and value."""
    tests = folder / "tests.xml"
    if tests.exists():
        for suite in ET.parse(tests).getroot():
            for name in ("tests", "failures", "errors", "skipped", "time"):
                yield "tests", name, suite.get(name)
    for part in ("train", "predict", "explain"):
        path = folder / f"{part}.json"
        if path.exists():
            for name, value in json.loads(path.read_text(encoding="utf-8")).items():
                if isinstance(value, dict):
                    for key, inner in value.items():
                        yield part, f"{name}: {key}", inner
                else:
                    yield part, name, value
    path = folder / "accuracy.json"
    if path.exists():
        for run in json.loads(path.read_text(encoding="utf-8"))["runs"]:
            name = f"{run.pop('model')}, seed {run.pop('seed')}"
            for key, value in run.items():
                yield "accuracy", f"{name}: {key}", value


def main() -> None:
    for part, name, value in rows(Path(sys.argv[1])):
        print(f"{part:9s} {name:90s} {value}")


if __name__ == "__main__":
    main()
