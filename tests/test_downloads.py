import pytest

from noncoding.downloads import downloads, file_name, urls


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
