"""The data set of DeepSEA rebuilt from published files, against the same rule written naively.

Genome and peaks are small; the 919 targets are the official ones, and the settings those of the
configurations that rebuild the data set.
"""

from pathlib import Path

import pytest
import toy_rebuilt
import yaml
from toy_rebuilt import ToyRebuilt, official_targets

from noncoding.data.one_hot import letters
from noncoding.data.store import BOTH, Store
from noncoding.settings.downloads import file_name
from noncoding.settings.genome import GenomeDataset
from noncoding.stages.tile import tile

ROOT = Path(__file__).parents[3]
OTHER = 700
"""Index of a target whose published number is changed."""


class Rebuilt:
    """The files of the data set, and its stores."""

    def __init__(self, folder):
        self.folder = folder
        self.toy = ToyRebuilt(official_targets())
        self.labels = self.toy.labels()
        self.bins = self.toy.bins(self.labels)
        self.expected = self.toy.rows(self.bins, self.labels)
        self.positives = self.toy.test_positives(self.expected)
        self.raw = folder / "raw"
        self.raw.mkdir()
        self.toy.write(self.raw, self.bins)
        self.peaks = self.table(self.positives)
        names = [file_name({"url": line.split("\t")[6]}) for line in self.lines[1:]]
        self.peaks += [self.raw / name for name in names]

    def table(self, positives):
        path = self.folder / toy_rebuilt.TABLE
        self.toy.write_table(path, "http://localhost", positives)
        self.lines = path.read_text().splitlines()
        return [path]

    def settings(self, configuration):
        """A configuration of the data set, scaled down, with these files."""
        text = (ROOT / "configs" / f"{configuration}.yaml").read_text()
        settings = yaml.safe_load(text)["datasets"]["deepsea_rebuilt"]
        assert settings["peaks"] == {"table": "resources/deepsea_targets.tsv"}
        settings["fasta"] = str(self.raw / "hg19.fa.gz")
        settings["peaks"] = {"table": str(self.peaks[0])}
        settings["splits"]["train"]["rows"] = toy_rebuilt.TRAIN
        settings["splits"]["valid"]["rows"] = toy_rebuilt.VALID
        if "file" in settings["bins"]:
            settings["bins"] = {"file": str(self.raw / toy_rebuilt.BINS_FILE)}
        return GenomeDataset.model_validate(settings)

    def made(self, configuration):
        """Folder of the stores of a configuration."""
        folder = self.folder / configuration
        folder.mkdir()
        settings = self.settings(configuration)
        tile(self.raw / "hg19.fa.gz", self.peaks, folder, settings, urls={})
        return folder


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    return Rebuilt(tmp_path_factory.mktemp("rebuilt"))


@pytest.fixture(scope="module")
def stores(rebuilt):
    """Folder of the stores, by configuration; the second with other published numbers."""
    made = {"deepsea_rebuilt": rebuilt.made("deepsea_rebuilt")}
    published = list(rebuilt.positives)
    published[OTHER] += 40
    published[published.index(0)] = 4
    rebuilt.table(published)
    made["deepsea_rebuilt_by_rule"] = rebuilt.made("deepsea_rebuilt_by_rule")
    return made


@pytest.mark.parametrize("configuration", ["deepsea_rebuilt", "deepsea_rebuilt_by_rule"])
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_rows_and_labels_are_those_of_the_naive_rule(rebuilt, stores, configuration, split):
    expected = rebuilt.expected[split]
    with Store(stores[configuration] / f"{split}.h5") as store:
        assert store.strands == BOTH
        assert store.rows == len(expected) == 2 * store.loci_count
        loci = list(store.loci().itertuples(index=False, name=None))
        sequences = [letters(sequence) for sequence in store.sequences(slice(None))]
        labels = store.labels(slice(None))
    # Loci are stored once; their reverse complements follow in the same order.
    assert loci == [row.locus for row in expected[: len(expected) // 2]]
    for row, sequence, own in zip(expected, sequences, labels, strict=True):
        assert sequence == row.sequence
        assert tuple(own.nonzero()[0]) == row.targets


def test_all_targets_are_kept_in_the_official_order(rebuilt, stores):
    with Store(stores["deepsea_rebuilt"] / "test.h5") as store:
        table = store.targets
    assert table["index"].tolist() == list(range(919))
    for column in ("group", "cell_type", "assay", "treatment"):
        assert table[column].tolist() == [target[column] for target in rebuilt.toy.targets]
    # Many targets have the same cell type, assay and treatment as another one.
    assert table["name"].nunique() < 919


def test_the_official_order_is_that_of_names_as_text(rebuilt):
    train = [row.locus[0] for row in rebuilt.expected["train"]]
    valid = [row.locus[0] for row in rebuilt.expected["valid"]]
    assert list(dict.fromkeys(train)) == ["chr1", "chr10", "chr2", "chr7"]
    assert set(valid) == {"chr7"}
    assert {row.locus[0] for row in rebuilt.expected["test"]} == {"chr8", "chr9"}
    # The list goes on after the validation split, as the official one.
    chromosomes = [name for name, _ in rebuilt.bins]
    assert "chrX" in chromosomes and chromosomes.count("chr7") > len(valid) // 2
    assert sum(name not in ("chr8", "chr9") for name in chromosomes) > len(train + valid) // 2


def test_the_numbers_of_positive_test_rows_are_compared_with_the_table(rebuilt, stores):
    same = {"targets": 919, "beyond": 0, "largest": 0.0, "mean": 0.0}
    with Store(stores["deepsea_rebuilt"] / "test.h5") as store:
        assert store.source["rebuilt"] == same

    with Store(stores["deepsea_rebuilt_by_rule"] / "test.h5") as store:
        difference = store.source["rebuilt"]
    one = 40 / (rebuilt.positives[OTHER] + 40)
    assert (difference["targets"], difference["beyond"], difference["largest"]) == (919, 2, 1.0)
    assert difference["mean"] == pytest.approx((one + 1) / 919)


def test_both_configurations_differ_in_the_choice_of_bins_alone(rebuilt):
    listed, by_rule = (
        rebuilt.settings(name).model_dump()
        for name in ("deepsea_rebuilt", "deepsea_rebuilt_by_rule")
    )
    assert {key for key in listed if listed[key] != by_rule[key]} == {"bins", "order", "splits"}
    assert by_rule["splits"] == listed["splits"] | {"ignore": toy_rebuilt.IGNORED}
