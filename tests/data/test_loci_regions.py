import pandas as pd

from noncoding.data.regions import covered_regions, overlapping_chromosomes


def test_close_loci_are_one_region():
    loci = pd.DataFrame(
        [("II", 0, 10), ("I", 500_000, 500_010), ("I", 0, 10), ("I", 100_010, 100_020)],
        columns=["chromosome", "start", "end"],
    )
    found = covered_regions(loci)
    assert found == {"II": [[0, 10]], "I": [[0, 100_020], [500_000, 500_010]]}
    assert list(found) == ["II", "I"]


def test_regions_overlap_only_if_they_share_a_base():
    regions = {"chr1": [[10, 20]], "chr2": [[0, 5]], "chr3": [[0, 5]]}
    others = {"1": [[0, 10], [20, 30]], "2": [[4, 9]], "4": [[0, 5]]}
    assert overlapping_chromosomes(regions, others) == ["chr2"]
