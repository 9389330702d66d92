"""Models of the hub, downloaded from a server of this machine by processes of their own.

huggingface_hub reads its variables when it is imported.
"""

import errno
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from emulated_hub import TOKEN, serving_hub
from toy_store import LENGTH, export_toy_model

from noncoding.common.errors import InputError
from noncoding.common.files import sha256
from noncoding.layout import LOADED_FILES
from noncoding.models.hub import HubModel, hub_folder

COMMIT, DIGEST = "0123456789" * 4, "aB" * 32
FILES = {name: name.encode() * 50 for name in (*LOADED_FILES, "README.md", "hybrid.py")}
FOUND = """
import json, sys, time

time.sleep = lambda seconds: None  # between attempts
from noncoding.common.errors import InputError
from noncoding.models.shipped import model_folder

for model in sys.argv[1:]:
    try:
        print(json.dumps({"folder": str(model_folder(model))}))
    except InputError as error:
        print(json.dumps({"refused": str(error)}))
"""


@pytest.fixture
def hub():
    with serving_hub() as serving:
        yield serving


@pytest.fixture
def found(hub, tmp_path):
    """Looks for models in one process: a folder or a message of each, and the log."""

    def find(*models, **variables):
        done = subprocess.run(
            [sys.executable, "-c", FOUND, *models],
            env=hub.environment(tmp_path / "home") | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        each = [Path(one["folder"]) if "folder" in one else one["refused"] for one in answers]
        assert len(each) == len(models)
        return *each, done.stderr

    return find


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def downloads(hub):
    return [path.rpartition("/")[2] for method, path, _ in hub.requests if method == "GET"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hf:lab/yeast@v1", ("lab/yeast", "v1", None)),
        (f"hf:my-lab/Yeast_2.0@{COMMIT}", ("my-lab/Yeast_2.0", COMMIT, None)),
        (f"hf:lab/yeast@refs/pr/3#sha256={DIGEST}", ("lab/yeast", "refs/pr/3", DIGEST.lower())),
    ],
)
def test_names_are_parsed(text, parts):
    model = HubModel.parse(text)
    assert (model.repository, model.revision, model.digest) == parts


@pytest.mark.parametrize(
    "text",
    [
        *("hf:", "hf:yeast@v1", "hf:lab/yeast/x@v1", "hf://lab/yeast@v1", "hf:lab/yeast@"),
        *("hf:lab/yeast@../v1", "hf:lab/yeast@v1#", "hf:lab/yeast@v1#sha256=abc", "hf:lab/y@a b"),
        *(f"hf:lab/yeast@v1#md5={DIGEST}", f"hf:lab/yeast@v1#sha256={DIGEST}0", "hf:lab/yeast@-x"),
    ],
)
def test_other_spellings_are_refused(text):
    with pytest.raises(InputError, match=r"malformed .*; expected hf:USER/MODEL@REVISION, "):
        HubModel.parse(text)


def test_a_name_without_a_revision_is_refused_with_one_that_works():
    with pytest.raises(InputError, match=r"no revision; .* such as hf:lab/yeast@main\.$"):
        HubModel.parse("hf:lab/yeast")


def test_the_files_of_a_commit_are_downloaded_once(hub, found):
    commit = hub.commit("lab/yeast", FILES, "main")
    folder, again, log = found(*[f"hf:lab/yeast@{commit}"] * 2)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: FILES[name] for name in LOADED_FILES
    }
    assert again == folder
    assert sorted(downloads(hub)) == sorted(LOADED_FILES)
    assert len(hub.requests) == 2 * len(LOADED_FILES)
    assert log == ""


def test_the_commit_of_a_tag_is_named_and_a_moved_tag_is_followed(hub, found):
    before = hub.commit("lab/yeast", FILES, "v1")
    folder, log = found("hf:lab/yeast@v1")
    digest = digest_of(FILES["model.safetensors"])
    assert f"hf:lab/yeast@{before}#sha256={digest}" in log
    after = hub.commit("lab/yeast", FILES | {"model.safetensors": b"others"}, "v1")
    moved, log = found("hf:lab/yeast@v1")
    assert (folder.name, moved.name) == (before, after)
    assert f"@{after}#sha256={digest_of(b'others')}" in log
    assert (moved / "model.safetensors").read_bytes() == b"others"
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "no answer of the hub ("),
    ],
    ids=["offline", "unreachable"],
)
def test_a_downloaded_model_works_without_network(hub, found, without, problem):
    commit = hub.commit("lab/yeast", FILES, "v1")
    folder, _ = found("hf:lab/yeast@v1")
    hub.requests.clear()
    models = ["hf:lab/yeast@v1", f"hf:lab/yeast@{commit}", "hf:lab/yeast@v2", "hf:lab/human@v1"]
    *stored, revision, model, _ = found(*models, **without)
    assert stored == [folder, folder]
    for name, message in zip(models[2:], (revision, model), strict=True):
        assert message.startswith(f"{name}: found no config.json in the local cache, and {problem}")
    assert hub.requests == []


def test_weights_are_compared_with_the_digest(hub, found):
    commit = hub.commit("lab/yeast", FILES, "v1")
    right, wrong = digest_of(FILES["model.safetensors"]), digest_of(b"others")
    # Twice: the second time, the weights are in the cache.
    *refused, folder, _ = found(
        *[f"hf:lab/yeast@v1#sha256={wrong}"] * 2, f"hf:lab/yeast@{commit}#sha256={right.upper()}"
    )
    assert folder.name == commit
    weights = (folder / "model.safetensors").resolve()
    for message in refused:
        assert f"found the SHA-256 {right}; expected {wrong}, as given. The model is not" in message
        assert f"delete {weights} and run again" in message
    # What the message advises, after the file in the cache was damaged.
    weights.write_bytes(b"others")
    damaged, _ = found(f"hf:lab/yeast@{commit}#sha256={right}")
    assert f"found the SHA-256 {wrong}" in damaged
    weights.unlink()
    assert found(f"hf:lab/yeast@{commit}#sha256={right}")[0] == folder


def test_what_the_hub_lacks_is_named(hub, found):
    hub.commit("lab/yeast", FILES, "v1")
    hub.commit("lab/other", dict.fromkeys(("config.json", "model.safetensors"), b""), "v1")
    messages = {
        "hf:lab/yeas@v1": "no such model on the hub, or a private one without access; ",
        "hf:lab/yeast@v2": "no revision 'v2' of this model; ",
        f"hf:lab/yeast@{COMMIT}": f"no revision '{COMMIT}' of this model; ",
        "hf:lab/other@v1": "no file targets.tsv in this revision; expected a model folder",
        "hf:lab/-y@v1": "an invalid name; expected hf:USER/MODEL@REVISION",
    }
    *refused, _ = found(*messages)
    for given, (model, message) in zip(refused, messages.items(), strict=True):
        assert given.startswith(f"{model}: found {message}")


def test_an_interrupted_download_leaves_no_file_and_can_be_repeated(hub, found, tmp_path):
    commit = hub.commit("lab/yeast", FILES, "v1")
    hub.cut.add("model.safetensors")
    message, _ = found("hf:lab/yeast@v1")
    assert "found a failed download of model.safetensors (" in message
    left = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not [path for path in left if path.name in ("model.safetensors", "targets.tsv")]
    assert not [path for path in left if path.suffix == ".incomplete"]
    message, _ = found("hf:lab/yeast@v1", HF_HUB_OFFLINE="1")
    assert "no model.safetensors in the local cache" in message
    hub.cut.clear()
    folder, _ = found("hf:lab/yeast@v1")
    assert folder.name == commit
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (
            ConnectionResetError(errno.ECONNRESET, "reset"),
            InputError,
            "ConnectionResetError: ",
        ),
        (OSError(errno.ENETUNREACH, "no route"), InputError, "failed download of .*no route"),
        (OSError(errno.ENOSPC, "no space"), OSError, "no space"),
    ],
)
def test_errors_of_the_network_and_of_the_disk(monkeypatch, error, kind, message):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fails)
    with pytest.raises(kind, match=message):
        hub_folder(HubModel.parse("hf:lab/yeast@v1"))


def test_a_private_model_needs_a_token_which_is_not_written(hub, found):
    hub.commit("lab/yeast", FILES, "v1")
    hub.private.add("lab/yeast")
    message, _ = found("hf:lab/yeast@v1")
    assert "private one without access" in message
    folder, refused, log = found("hf:lab/yeast@v1", "hf:lab/yeast@v2", HF_TOKEN=TOKEN)
    assert (folder / "config.json").is_file()
    assert "no revision 'v2'" in refused
    assert TOKEN in {token for _, _, token in hub.requests}
    assert TOKEN not in refused + log


def test_the_commands_take_a_model_of_the_hub(hub, tmp_path):
    """The predictions are those of the same folder, and the cache keeps published files only."""
    folder = tmp_path / "toy"
    export_toy_model(folder)
    commit = hub.publish("lab/toy", folder, "v1")
    digest = sha256(folder / "model.safetensors")
    sequence = "ACGT" * (LENGTH // 2)
    (tmp_path / "genome.fa").write_text(f">chr1\n{sequence}\n")
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "variants.vcf").write_text(f"{header}chr1\t37\t.\tA\tG\t.\t.\t.\n")

    def run(command, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "noncoding", command, *arguments],
            cwd=tmp_path,
            env=hub.environment(tmp_path / "home") | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    genome = ["--genome", "genome.fa", "--device", "cpu"]
    variants = [*genome, "--vcf", "variants.vcf", "--background", "20"]
    shared_model = f"hf:lab/toy@{commit}#sha256={digest}"
    for name, model in (("local", "toy"), ("shared", shared_model)):
        run("predict", "-m", model, *genome, "--regions", "chr1", "--out", f"{name}.tsv")
        run("variants", "-m", model, *variants, "--out", f"{name}_variants.tsv")
    for suffix in (".tsv", "_variants.tsv"):
        shared, local = (tmp_path / f"{name}{suffix}" for name in ("shared", "local"))
        assert shared.read_bytes() == local.read_bytes()
    described = run("models", shared_model)
    assert "no evaluation in the folder or beside it" in described
    assert json.loads((folder / "training.json").read_text())["dataset"] in described
    [snapshot] = (tmp_path / "home" / "hub" / "models--lab--toy" / "snapshots").iterdir()
    assert sorted(path.name for path in snapshot.iterdir()) == sorted(LOADED_FILES)
