import pytest

from noncoding.common.errors import InputError
from noncoding.common.redaction import redacted, shareable
from noncoding.settings.downloads import (
    bundle_folder,
    downloads,
    file_name,
    mat_file,
    urls,
)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/b.tar.gz", "b.tar.gz"),
        ("https://example.org/b.gz?download=1&of=c.gz", "b.gz"),
        (["https://example.org/b.gz", "https://example.com/c.gz"], "b.gz"),
        ("/shelf/b.fa", "b.fa"),
        ("b.fa", "b.fa"),
    ],
)
def test_the_name_is_the_last_part_of_the_first_url(url, name):
    assert file_name({"url": url}) == name


def test_one_url_or_several():
    assert urls({"url": "abc"}) == ["abc"]
    assert urls({"url": ["abc", "d"]}) == ["abc", "d"]


def test_what_each_source_downloads():
    a, b = {"url": "x/a"}, {"url": ["y/b", "z"]}
    assert downloads({"source": "bundle", "archive": a}) == {"a": a}
    assert downloads({"source": "genome", "fasta": a, "peaks": {"archive": b}}) == {"a": a, "b": b}
    assert downloads({"source": "genome", "fasta": a, "peaks": {"folder": "p"}}) == {"a": a}
    assert downloads({"source": "simulated"}) == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://me:S3CRET@host/a.gz",
        "https://S3CRET@host/a.gz",
        "https://me:x/S3CRET@host/a.gz",
        "https://host/a.gz?X-Amz-Signature=S3CRET",
        "https://host/a.gz?S3CRET",
        "https://host/a.gz?id=S3CRET#S3CRET",
        "https://host/my host/a.gz?id=S3CRET",
        "https://host/a.gz and https://me:S3CRET@host/a.gz?id=S3CRET",
        "https://host/a.gz (#1) https://host/a.gz?id=S3CRET",
    ],
)
def test_secrets_in_addresses_are_removed(url):
    hidden = redacted(url)
    assert "S3CRET" not in hidden
    assert "host/a.gz" in hidden
    assert redacted(hidden) == hidden


@pytest.mark.parametrize(
    "text",
    ["https://a.org/x: see issue (#12)", "https://a.org/x is issue #12", "https://a.org/x? No."]
    + [pattern * 8000 for pattern in ("//", "//x", "// ", "//:x", "//?", "//# ", "//:1/")],
    ids=lambda text: text[:40],
)
def test_long_texts_without_secrets_are_unchanged(text):
    assert redacted(text).startswith(text[:2])
    if "a.org" in text:
        assert redacted(text) == text


def test_queries_are_distinguished_but_not_their_signatures():
    assert redacted("https://host/x?id=1") != redacted("https://host/x?id=2")
    assert redacted("https://host/x?sig=1") == redacted("https://host/x?sig=2")
    assert redacted("/a?b#c") == "/a?b#c"


URL = "https://me:S3CRET@host/a.gz?token=S3CRET"


@pytest.mark.parametrize(
    "dataset",
    [
        {"archive": {"url": URL}, "targets": "/elsewhere/t.tsv", "motifs": {"url": [URL, URL]}},
        {"fasta": {"url": "file:///elsewhere/a.fa"}, "peaks": {"archive": {"url": URL}}},
        {"peaks": {"folder": "/elsewhere/peaks"}, "exclude": "/elsewhere/x.bed"},
    ],
)
def test_shared_configuration_has_no_secrets_and_no_absolute_paths(dataset):
    given = {
        "datasets": {"own": dataset},
        "mirror": URL,
        "explain": {"sequences": "/elsewhere/a.fa"},
    }
    shown = repr(shareable(given))
    assert "S3CRET" not in shown
    assert "/elsewhere" not in shown
    assert "host/a.gz" in shown


@pytest.mark.parametrize("value", [None, 3, 0.5, True, "positives", "a/b.bed", ["I", "II"], {}])
def test_other_values_are_shared_unchanged(value):
    assert shareable({"key": value}) == {"key": value}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with train.mat and, in folders of its own, valid.mat once and test.mat twice."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("train.mat", "in/valid.mat", "in/train.mat", "in/test.mat", "of/test.mat"):
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "mine.tar.gz").write_bytes(b"")
    return tmp_path / "mine"


def bundle(url, sha256=None):
    return {"source": "bundle", "archive": {"url": url, "sha256": sha256}}


@pytest.mark.parametrize(
    "url", ["mine", "mine/", "~/mine", "{}", "file://{}", ["mine", "http://x/a"]]
)
def test_a_folder_in_place_of_an_archive(folder, url):
    of = bundle(url.format(folder) if isinstance(url, str) else url)
    assert bundle_folder(of).resolve() == folder
    assert downloads(of) == {}
    assert mat_file(of, "train").resolve() == folder / "train.mat"
    assert mat_file(of, "valid").resolve() == folder / "in" / "valid.mat"


@pytest.mark.parametrize(
    "url",
    [
        *("mine.tar.gz", "nowhere", "https://example.org/mine"),
        *("~nosuchuser/mine", "./~root", "file://[mine/x", "m" * 300, "m" * 5000),
    ],
)
def test_an_archive_is_no_folder(folder, url):
    assert bundle_folder(bundle(url)) is None
    assert mat_file(bundle(url), "train") is None


@pytest.mark.parametrize("url", ["mine/train.mat", "https://example.org/train.mat?a=1"])
def test_a_single_mat_file_is_no_bundle(folder, url):
    with pytest.raises(InputError, match=r"found a single \.mat file.*the local folder"):
        mat_file(bundle(url), "train")


def test_missing_or_duplicate_mat_files_are_named(folder):
    with pytest.raises(InputError, match=r"mine: found 2 files test\.mat: mine/in/test"):
        mat_file(bundle("mine"), "test")
    (folder / "in" / "valid.mat").unlink()
    with pytest.raises(InputError, match=r"mine: found no valid\.mat"):
        mat_file(bundle("mine"), "valid")
    with pytest.raises(InputError, match="Set it to null"):
        mat_file(bundle("mine", sha256="0" * 64), "train")
