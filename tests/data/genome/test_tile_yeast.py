"""Real data, if NONCODING_MIRROR names a folder that contains the two files."""

import os
from pathlib import Path

import pytest

from noncoding.data.genome.chromosomes import read_genome
from noncoding.data.store import Store
from noncoding.settings.genome import GenomeDataset
from noncoding.stages.tile import tile

MIRROR = os.environ.get("NONCODING_MIRROR")
NUCLEAR = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
NUCLEAR += ["IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI"]


@pytest.mark.skipif(not MIRROR, reason="NONCODING_MIRROR does not name a folder")
def test_yeast(tmp_path):
    """ChIP-exo of Rossi et al. 2021 on R64-1-1: numbers counted independently of this code."""
    folder = Path(MIRROR)
    fasta = folder / "Saccharomyces_cerevisiae.R64-1-1.dna.toplevel.fa.gz"
    archive = folder / "650fd9e7fa4142580b31440323de5d3748c9e71b.tar.gz"

    def built(min_peaks):
        settings = GenomeDataset(
            source="genome",
            fasta={"url": str(fasta)},
            peaks={
                "archive": {"url": str(archive)},
                "pattern": "*/04_ChExMix_Peaks/*_CX.bed",
                "suffix": "_CX.bed",
                "group": "TF",
            },
            window=1000,
            bin=200,
            min_overlap=0.5,
            min_peaks=min_peaks,
            splits={"train": None, "valid": ["VII"], "test": ["VIII", "IX"], "ignore": ["Mito"]},
            chromosome_map={f"chr{number}": name for number, name in enumerate(NUCLEAR, start=1)},
            exclude=None,
        )
        tile(fasta, [archive], tmp_path, settings, urls={})
        with Store(tmp_path / "test.h5") as store:
            return store.source["counts"]

    # All files with a peak: bins that contain a peak.
    assert built(1)["bins_chosen"] == 20_601

    counts = built(100)
    assert counts["peak_files"] == 384
    assert counts["peaks"] == 187_506
    assert counts["peaks_outside"] == counts["peaks_in_no_split"] == 0
    assert counts["targets"] == 256
    assert counts["dropped_empty"] == ["Kti12", "Rpa190", "Rsc2"]
    assert len(counts["dropped_few_peaks"]) == 125
    assert counts["bins_chosen"] == 20_467
    assert counts["windows_off_chromosome"] == 1
    assert counts["rows"] == {"train": 16_868, "valid": 1_890, "test": 1_708}
    lengths = read_genome(fasta).lengths
    assert sum(lengths[name] // 200 for name in NUCLEAR) == 60_349
