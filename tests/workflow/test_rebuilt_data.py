"""The workflow that rebuilds a data set like that of DeepSEA, with a part of its targets."""

import pytest
import toy_rebuilt
import yaml
from loopback import serving
from toy_rebuilt import ToyRebuilt, official_targets
from workflows import ROOT, snakemake

from noncoding.data.store import Store

# Of each group; the first rows of the official table are all of one.
TARGETS = [*range(6), *range(125, 143), *range(815, 821)]


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def configuration(folder, url):
    """The shipped configuration with files of the server, scaled down."""
    config = yaml.safe_load((ROOT / "configs" / "deepsea_rebuilt.yaml").read_text())
    settings = config["datasets"]["deepsea_rebuilt"]
    settings |= {
        "fasta": f"{url}/hg19.fa.gz",
        "peaks": {"table": str(folder / toy_rebuilt.TABLE)},
        "bins": {"file": f"{url}/{toy_rebuilt.BINS_FILE}"},
        "disk_gib": None,
    }
    settings["splits"] |= {"train": {"rows": 40}, "valid": {"rows": 8}}
    return config


def test_files_of_a_server_become_the_stores_of_the_naive_rule(tmp_path, shelf):
    official = official_targets()
    targets = [official[i] | {"index": new} for new, i in enumerate(TARGETS)]
    toy = ToyRebuilt(targets)
    labels = toy.labels()
    bins = toy.bins(labels)
    expected = toy.rows(bins, labels, train=40, valid=8)
    toy.write(shelf, bins)
    with serving(shelf) as url:
        toy.write_table(tmp_path / toy_rebuilt.TABLE, url, toy.test_positives(expected))
        config = configuration(tmp_path, url)

        # Files that the server does not have are named at once, before any job.
        missing = [shelf / toy_rebuilt.BINS_FILE, *sorted(shelf.glob("*.narrowPeak.gz"))[3:6]]
        moved = [path.rename(tmp_path / path.name) for path in missing]
        status, said = snakemake(tmp_path, "tile", config=config)
        assert status != 0
        for path in missing:
            assert f"{url}/{path.name}" in said
        assert not list((tmp_path / "results" / "deepsea_rebuilt").glob("raw/*"))
        for path in moved:
            path.rename(shelf / path.name)

        status, said = snakemake(tmp_path, "tile", config=config)
        assert status == 0, said[-5000:]
    data = tmp_path / "results" / "deepsea_rebuilt" / "data"
    for split, rows in expected.items():
        with Store(data / f"{split}.h5") as store:
            loci = list(store.loci().itertuples(index=False, name=None))
            found = [tuple(own.nonzero()[0]) for own in store.labels()]
            assert store.source["rebuilt"]["largest"] == 0
        assert loci == [row.locus for row in rows[: len(rows) // 2]]
        assert found == [row.targets for row in rows]
