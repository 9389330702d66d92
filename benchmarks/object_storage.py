"""Run the pipeline with its results in object storage, and count what is read and written.

    python benchmarks/object_storage.py WORK --configfile configs/demo.yaml --verbose
    python benchmarks/object_storage.py WORK --jobs-elsewhere --configfile configs/demo.yaml

Starts a local S3 server (moto), which counts the requests and bytes of each object, and runs
Snakemake in the folder WORK with results in its bucket. Requires, besides the pipeline,
`pip install snakemake-storage-plugin-s3 'moto[server]'`. With `--jobs-elsewhere`, each job runs
as on a node without a shared file system, and retrieves its own inputs (requires
`pip install snakemake-executor-plugin-cluster-generic`). Prints a table by the stage that writes
the objects, and totals; `--json` gives the requests and bytes of each object. Further arguments
are Snakemake's.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import unquote

from noncoding import layout

ROOT = Path(__file__).parents[1]
BUCKET = "noncoding"
METHODS = ("HEAD", "GET", "PUT")


class Counted:
    """A WSGI application that counts the requests for each object, and the bytes of their bodies.

    Attributes
    ----------
    requests, sizes : Counter
        (method, object) → number of requests, and bytes.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = Lock()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.sizes: Counter[tuple[str, str]] = Counter()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        """Answer a request."""
        key = unquote(environ["PATH_INFO"]).removeprefix(f"/{BUCKET}").lstrip("/") or "(bucket)"
        method = environ["REQUEST_METHOD"]
        if method == "GET" and "prefix=" in environ.get("QUERY_STRING", ""):
            method = "LIST"
        received = int(environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH", 0)) or int(
            environ.get("CONTENT_LENGTH") or 0
        )
        sent = 0
        for part in self._application(environ, start):
            sent += len(part)
            yield part
        with self._lock:
            self.requests[method, key] += 1
            self.sizes[method, key] += received if method in ("PUT", "POST") else sent


def main() -> None:
    """Run the workflow and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --jobs is Snakemake's
    )
    parser.add_argument("work", type=Path, help="folder of the run")
    parser.add_argument("--configfile", type=Path, nargs="+", required=True)
    parser.add_argument("--jobs-elsewhere", action="store_true", help="as without a shared folder")
    parser.add_argument("--json", type=Path, help="file for the counts")
    options, others = parser.parse_known_args()
    counted, url = _serve()
    status = _snakemake(options, [each for each in others if each != "--"], url)
    if options.json:
        found = [
            [method, key, number, counted.sizes[method, key]]
            for (method, key), number in counted.requests.items()
        ]
        options.json.write_text(json.dumps(found), encoding="utf-8")
    print("\t".join(("files of", "objects", *METHODS, "MB read", "MB written")))
    for stage, keys in _by_stage({key for _, key in counted.requests}).items():
        requests = [sum(counted.requests[method, key] for key in keys) for method in METHODS]
        read = sum(counted.sizes["GET", key] for key in keys) / 1e6
        written = sum(counted.sizes["PUT", key] for key in keys) / 1e6
        objects = sum(counted.requests["PUT", key] > 0 for key in keys)
        print("\t".join(map(str, (stage, objects, *requests, f"{read:.3f}", f"{written:.3f}"))))
    totals = Counter(dict.fromkeys(("HEAD", "LIST", "GET", "PUT", "POST"), 0))
    for (method, _), number in counted.requests.items():
        totals[method] += number
    read = sum(size for (method, _), size in counted.sizes.items() if method == "GET")
    written = sum(size for (method, _), size in counted.sizes.items() if method in ("PUT", "POST"))
    print(f"requests: {dict(totals)}; read {read / 1e9:.3f} GB, written {written / 1e9:.3f} GB")
    sys.exit(status)


def _by_stage(keys: Iterable[str]) -> dict[str, list[str]]:
    """Objects by the stage that writes them: stores by ``convert``, models by ``train``."""
    stages = [stage for stage in layout.FOLDERS if stage not in ("tile", "ensemble")]
    found: dict[str, list[str]] = {stage: [] for stage in stages}
    found["others"] = []
    # Names without a wildcard first: a file of `fetch` may have any name.
    paths = sorted(
        (path.count("{"), path, stage)
        for stage in stages
        for path in (
            *layout.outputs(stage),
            *(f"{layout.FOLDERS[stage]}/{name}" for name in layout.UNREAD_FILES.get(stage, ())),
            *(layout.log(stage), layout.benchmark(stage)),
        )
    )
    patterns = [
        (re.compile(rf"results/{re.sub('{.+?}', '[^/]+', path)}(/.*)?"), stage)
        for _, path, stage in paths
    ]
    for key in sorted(keys):
        made = (stage for pattern, stage in patterns if pattern.fullmatch(key))
        found[next(made, "others")].append(key)
    return {stage: keys for stage, keys in found.items() if keys}


def _serve() -> tuple[Counted, str]:
    import boto3
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    counted = Counted(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    ).create_bucket(Bucket=BUCKET)
    counted.requests.clear()
    counted.sizes.clear()
    return counted, url


def _snakemake(options: argparse.Namespace, others: list[str], url: str) -> int:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(options.work)]
    command += ["--configfile", *(str(path.resolve()) for path in options.configfile)]
    command += ["--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}"]
    if options.jobs_elsewhere:
        command += ["--executor", "cluster-generic", "--jobs", "1", "--latency-wait", "0"]
        command += ["--cluster-generic-submit-cmd", "bash"]
        command += ["--shared-fs-usage", "software-deployment", "source-cache"]
    else:
        command += ["--cores", "2"]
    options.work.mkdir(parents=True, exist_ok=True)
    given = {
        "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": url,
        "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "local",
        "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "local",
    }
    return subprocess.run([*command, *others], env=os.environ | given, check=False).returncode


if __name__ == "__main__":
    main()
