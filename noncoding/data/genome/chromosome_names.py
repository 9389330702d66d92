"""Names of chromosomes: what is alike in two files, and what is a part or copy of another."""

import re
from collections.abc import Collection, Iterable

_ALTERNATIVE = re.compile(
    r"""
    .+_(alt|random|fix|novel|decoy)$          # UCSC
    | .+_[a-z]+\d*_hap\d+$                     # not hap1 and hap2 of a phased assembly
    | CHR_(HS|HG|MM|MG)\w+$                    # Ensembl: alternative loci and patches
    | H[SG]\w*_(CTG|PATCH|RANDOM)\w*$
    | HLA-.+                                   # of the analysis sets of the human genome
    | (chr)?(EBV|hs37d5|hs38d1)$ | NC_007605(\.\d+)?$
    """,
    re.VERBOSE,
)
_DESCRIBED = re.compile(
    r"\b(alternate locus|ALT_REF_LOCI|unlocalized|genomic patch|(fix|novel) patch|decoy)"
    r"|\b(HAP|PATCH_FIX|PATCH_NOVEL)$"
)
"""In descriptions by NCBI, and by Ensembl at their end."""


def is_alternative(name: str, description: str = "") -> bool:
    """Whether a sequence repeats or belongs to a chromosome, or is a decoy, by its header.

    Alternative loci, patches, haplotypes, unlocalised sequence (``_random``), decoys and the
    virus EBV of the analysis sets; in the names of UCSC and Ensembl, or as NCBI and Ensembl
    describe them.
    """
    return bool(_ALTERNATIVE.match(name) or _DESCRIBED.search(description))


def named_after(contig: str, chromosomes: Collection[str]) -> str | None:
    """The chromosome of which a contig has the name with something behind it, if any."""
    for match in re.finditer(r"[_.-]", contig):
        if contig[: match.start()] in chromosomes:
            return contig[: match.start()]
    return None


def chromosome_map_for(names: Iterable[str], lengths: Collection[str]) -> dict[str, str]:
    """Names of chromosomes that differ from those of a genome by case, ``chr`` or M for MT alone.

    Parameters
    ----------
    names : iterable of str
    lengths : collection of str
        Chromosomes of the genome.

    Returns
    -------
    dict
        Name → chromosome of the genome.
    """
    alike = {_bare(name): name for name in lengths}
    return {name: alike[_bare(name)] for name in names if _bare(name) in alike}


def _bare(name: str) -> str:
    bare = re.sub(r"^chr(omosome)?_?", "", name.casefold())
    return {"m": "mt"}.get(bare, bare)
