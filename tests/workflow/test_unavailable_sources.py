"""Sources that are gone: the run names them at the start, and computes nothing."""

import re
import shutil
import socket

import pytest
from workflows import SECRET, snakemake, tiny

from noncoding.data.store import Store

SERVED = ("genome.fa", "peaks.tar", "motifs.meme", "exclude.bed", "p.bed", "q.bed")


def closed_port():
    """The URL of a server that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def own(shelf, genome, tmp_path):
    """The configuration; the URLs of files that are not those of the server are given."""

    def own(archive=False, **given):
        urls = {name: given.get(name, [f"{shelf}/{name}"]) for name in SERVED}
        rows = [
            f"{' '.join(urls[name])}\t{name[0]}\t{row}\n" for row, name in enumerate(SERVED[4:])
        ]
        (tmp_path / "peaks.tsv").write_text("url\tname\tdonors\n" + "".join(rows))
        peaks = {"archive": {"url": urls["peaks.tar"]}} if archive else {"table": "peaks.tsv"}
        return tiny(
            own=genome
            | {
                "fasta": {"url": urls["genome.fa"]},
                "peaks": peaks,
                "motifs": {"url": urls["motifs.meme"]},
                "exclude": [{"url": urls["exclude.bed"]}],
                "disk_gib": None,
            }
        )

    return own


def named(said):
    """The files that the error lists."""
    return set(re.findall(r"^ {4}(\S+) \(own\): ", said, re.MULTILINE))


@pytest.mark.parametrize("name", SERVED[:-1])
def test_each_source_that_is_gone_is_named_before_the_first_job(own, shelf, tmp_path, name):
    for url, reason in {
        f"{closed_port()}/{name}": "Connection refused",
        f"{shelf}/none/{name}": r"HTTP status 404",
    }.items():
        config = own(archive=name == "peaks.tar", **{name: [url]})
        status, said = snakemake(tmp_path, config=config)
        assert status != 0
        assert named(said) == {name}, said
        assert re.search(rf"found 1 of [45] files .*\n  127\.0\.0\.1:\d+: .*{reason}", said), said
        assert not (tmp_path / "results").exists()


def test_all_sources_that_are_gone_are_named_at_once(own, shelf, tmp_path):
    nowhere = closed_port()
    gone = {name: [f"{nowhere}/{name}"] for name in SERVED[:3]}
    gone |= {name: [f"{shelf}/none/{name}", f"{nowhere}/{name}"] for name in SERVED[3:]}
    config = own(**gone)
    status, said = snakemake(tmp_path, config=config)
    assert status != 0
    assert named(said) == {"genome.fa", *SERVED[2:]}, said
    assert not (tmp_path / "results").exists()
    # A dry run asks no server, and a mirror takes the place of all.
    status, said = snakemake(tmp_path, "fetch", "--dry-run", config=config)
    assert status == 0, said
    config |= {"mirror": str(tmp_path / "shelf")}
    status, said = snakemake(tmp_path, "fetch", config=config)
    assert status == 0, said
    assert {path.name for path in (tmp_path / "results/own/raw").glob("[!.]*")} > {"p.bed", "q.bed"}


def test_peak_files_and_others_come_from_a_second_url(own, shelf, tmp_path):
    secret = shelf.replace("//", f"//me:{SECRET}@")
    # The second file of the table twice.
    urls = {name: [f"{secret}/none/{name}?token={SECRET}", f"{shelf}/{name}"] for name in SERVED}
    urls["q.bed"] = urls["p.bed"]
    config = own(**urls)
    status, said = snakemake(tmp_path, "tile", config=config)
    assert status == 0, said
    messages = re.findall(r".*next address.*", said)
    assert len(messages) == 1, said
    assert all(f"{name} (own)" in messages[0] for name in ("genome.fa", "exclude.bed", "p.bed"))
    store = Store(tmp_path / "results/own/data/test.h5")
    targets, source = store.targets, store.source
    assert targets["peak_file"].tolist() == ["p.bed", "p.bed"]
    assert targets["donors"].tolist() == [0, 1]
    assert "url" not in targets
    assert source["urls"]["peaks.table"] == "peaks.tsv"
    assert not any("p.bed" in url for url in source["urls"].values())
    assert source["peaks_servers"] == {"127.0.0.1": 2}
    for path in (tmp_path / "results").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    # Only files that have to be fetched are asked for.
    shutil.rmtree(tmp_path / "shelf")
    (tmp_path / "results/own/raw/motifs.meme").unlink(missing_ok=True)
    status, said = snakemake(tmp_path, "tile", config=config)
    assert status == 0, said
    assert "Nothing to be done" in said
    status, said = snakemake(tmp_path, "fetch", config=config)
    assert status != 0
    assert named(said) == {"motifs.meme"}, said
