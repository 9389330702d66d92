import numpy as np
import pytest
from toy_scores import scored

from noncoding.data.variants.variant import Status
from noncoding.prediction.variant_summary import keeping_strongest, status_summary


def test_the_summary_counts_alleles_by_status():
    counts = {Status.symbolic: 2, Status.scored: 1999, Status.ref_mismatch: 20}
    assert status_summary(counts) == "2,021 alleles: 1,999 scored, 20 ref_mismatch, 2 symbolic"
    assert status_summary({Status.scored: 1}) == "1 allele: 1 scored"
    assert status_summary({}) == "0 alleles: none"


@pytest.mark.parametrize("status", [Status.scored, Status.scored_padded, Status.swapped, None])
def test_a_file_without_a_scored_allele_is_pointed_out(status):
    counts = {Status.unknown_contig: 8, Status.symbolic: 1} | ({status: 1} if status else {})
    assert ("No allele is scored" in status_summary(counts)) == (status is None)


def test_the_summary_points_out_a_wrong_assembly():
    counts = {Status.scored: 50, Status.ref_mismatch: 150, Status.unknown_contig: 500}
    assert "REF differs from the genome for 75%" in status_summary(counts)


@pytest.mark.parametrize("block", [1, 7, 100])
@pytest.mark.parametrize("number", [1, 5, 100])
def test_the_strongest_are_those_of_a_sort_of_all(tmp_path, block, number):
    path = tmp_path / "variants.tsv"
    alts = ["<DEL>" if position % 4 == 0 else "C" for position in range(1, 41)]
    rows = [f"chr1\t{position}\tA\t{alt}\n" for position, alt in enumerate(alts, start=1)]
    path.write_text("chrom\tpos\tref\talt\n" + "".join(rows))
    blocks = [
        (placed, scores._replace(max_logit_difference=scores.max_logit_difference.round()))
        for placed, scores in scored(path, table=True, block=block)
    ]
    found = []
    assert list(keeping_strongest(blocks, found, number)) == blocks
    pairs = [
        (abs(value), placed)
        for alleles, scores in blocks
        for placed, value in zip(alleles, scores.max_logit_difference, strict=True)
        if not np.isnan(value)
    ]
    expected = sorted(pairs, key=lambda pair: -pair[0])  # which keeps the order of ties
    assert found == [placed for _, placed in expected[:number]]
