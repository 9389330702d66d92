"""Match chromosome names between files, and recognise alternative loci."""

import re
from collections.abc import Collection, Iterable

_ALTERNATIVE = re.compile(
    r"""
    .+_(alt|random|fix|novel|decoy)$          # UCSC
    | .+_[a-z]+\d*_hap\d+$                     # not hap1 and hap2 of a phased assembly
    | CHR_(HS|HG|MM|MG)\w+$                    # Ensembl: alternative loci and patches
    | H[SG]\w*_(CTG|PATCH|RANDOM)\w*$
    | HLA-.+                                   # analysis sets of the human genome
    | (chr)?(EBV|hs37d5|hs38d1)$ | NC_007605(\.\d+)?$
    """,
    re.VERBOSE,
)
_DESCRIBED = re.compile(
    r"\b(alternate locus|ALT_REF_LOCI|unlocalized|genomic patch|(fix|novel) patch|decoy)"
    r"|\b(HAP|PATCH_FIX|PATCH_NOVEL)$"
)
"""In descriptions by NCBI, and at the end of those by Ensembl."""


def is_alternative(name: str, description: str = "") -> bool:
    """Whether a FASTA header names an alternative or part of a chromosome, or a decoy.

    Alternative loci, patches, haplotypes, unlocalised sequence (``_random``), decoys and the
    virus EBV of the analysis sets; in the names of UCSC and Ensembl, or as NCBI and Ensembl
    describe them.
    """
    return bool(_ALTERNATIVE.match(name) or _DESCRIBED.search(description))


def named_after(contig: str, chromosomes: Collection[str]) -> str | None:
    """The chromosome whose name, followed by a suffix, is that of a contig; None if none is."""
    for match in re.finditer(r"[_.-]", contig):
        if contig[: match.start()] in chromosomes:
            return contig[: match.start()]
    return None


def chromosome_map_for(names: Iterable[str], lengths: Collection[str]) -> dict[str, str]:
    """Map names to chromosomes of a genome that differ only in case, ``chr``, or M for MT."""
    alike = {_bare(name): name for name in lengths}
    return {name: alike[_bare(name)] for name in names if _bare(name) in alike}


def _bare(name: str) -> str:
    bare = re.sub(r"^chr(omosome)?_?", "", name.casefold())
    return {"m": "mt"}.get(bare, bare)
