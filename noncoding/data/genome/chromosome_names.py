"""Match chromosome names between files, and recognise alternative loci."""

import re
from collections.abc import Collection, Iterable, Mapping

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
_CHROMOSOME = re.compile(
    r"\bchromosome (?P<name>\w+)(,|$)|\b(?P<organelle>mitochondrion|chloroplast|plastid)\b"
)
_ORGANELLES = {
    "mt": ("m", "mt", "mito", "mitochondrion", "mitochondria", "mtdna"),
    "pt": ("pt", "pltd", "chloroplast", "plastid"),
}
_CHLOROPLAST = {"c": "pt", "pt": "c"}
"""ChrC of TAIR; in other genomes, C is a chromosome beside A and B."""
_ACCESSION = re.compile(r"(?:^|_)([a-z]{2}\d{6,9})v(\d+)(?:_(?:random|alt|fix|decoy))?$")
"""In names of UCSC: chrUn_KI270302v1 is GenBank's KI270302.1."""
_REFSEQ = re.compile(r"nc_(\d{6})(?:\.(\d+))?$")
_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {str(number): "x" * (number // 10) + _UNITS[number % 10] for number in range(1, 40)}
_ARABIC = {roman: arabic for arabic, roman in _ROMAN.items()}
_ACCESSIONS: dict[int, tuple[str, ...]] = {
    **{number: (str(number),) for number in range(1, 23)},  # human
    23: ("x",),
    24: ("y",),
    12920: ("mt",),
    **{66 + number: (str(number),) for number in range(1, 20)},  # mouse
    86: ("x",),
    87: ("y",),
    5089: ("mt",),
    **{1132 + number: (str(number), _ROMAN[str(number)]) for number in range(1, 17)},  # yeast
    1224: ("mt",),
}
"""Number of an accession in RefSeq, without ``NC_`` → plain names of the chromosome."""


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


def described_chromosome(description: str) -> str | None:
    """The chromosome that a FASTA description by NCBI names; None if it names none.

    Examples
    --------
    >>> described_chromosome("Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly")
    '1'
    >>> described_chromosome("Saccharomyces cerevisiae S288c mitochondrion, complete genome")
    'mitochondrion'
    """
    found = _CHROMOSOME.search(description)
    return (found["name"] or found["organelle"]) if found else None


def chromosome_map_for(
    names: Iterable[str], chromosomes: Iterable[str], described: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Map names to the chromosomes of a genome that have another name of the same meaning.

    Names may differ in case, ``chr``, leading zeros, Roman numerals, the name of an organelle, and
    in whether an accession is written as by UCSC or GenBank. Accessions of RefSeq are known for
    the chromosomes of human, mouse and yeast; those of two versions are not the same. A name that
    could mean several chromosomes is not mapped.

    Parameters
    ----------
    names : iterable of str
    chromosomes : iterable of str
        The chromosomes of the genome.
    described : mapping, optional
        Chromosome of the genome → its name by its description, see `described_chromosome`.

    Returns
    -------
    dict
        Name → chromosome; without names that are those of chromosomes.

    Examples
    --------
    >>> chromosome_map_for(["chr4", "chrM"], ["III", "IV", "Mito"])
    {'chr4': 'IV', 'chrM': 'Mito'}
    """
    own = set(chromosomes)
    forms = {name: _forms(name) for name in names if name not in own}
    if not forms:
        return {}
    alike: dict[str, set[str]] = {}
    for chromosome in own:
        for form in _forms(chromosome):
            alike.setdefault(form, set()).add(chromosome)
    for chromosome, name in (described or {}).items():
        alike.setdefault(_plain(name), set()).add(chromosome)
    plain = [name for name, *_ in forms.values()]
    other_forms: Mapping[str, str] = _CHLOROPLAST
    if _are_roman(alike) != _are_roman(plain):
        other_forms = _CHLOROPLAST | (_ARABIC if _are_roman(plain) else _ROMAN)
    found = {}
    for name, (form, *more) in forms.items():
        candidates = (alike.get(each) for each in (form, *more, other_forms.get(form, "")))
        same = next(filter(None, candidates), set())
        found[name] = {each for each in same if not _are_versions(name, each)}
    return {name: next(iter(same)) for name, same in found.items() if len(same) == 1}


def _forms(name: str) -> tuple[str, ...]:
    """A name without what differs between sources; several for accessions with Roman numerals."""
    folded = name.casefold()
    if (refseq := _REFSEQ.match(folded)) and (known := _ACCESSIONS.get(int(refseq[1]))):
        return known
    bare = re.sub(r"^chr(omosome)?[_.-]?(?=.)", "", folded)
    if bare.isdecimal():
        return (bare.lstrip("0") or bare,)
    if accession := _ACCESSION.search(bare):
        return (f"{accession[1]}.{accession[2]}",)
    return (next((one for one, others in _ORGANELLES.items() if bare in others), bare),)


def _plain(name: str) -> str:
    return _forms(name)[0]


def _are_versions(name: str, other: str) -> bool:
    """Whether two names are accessions of RefSeq that differ in more than a missing version."""
    found = [_REFSEQ.match(each.casefold()) for each in (name, other)]
    if found[0] is None or found[1] is None:
        return False
    same = int(found[0][1]) == int(found[1][1])
    return not same or (None not in (found[0][2], found[1][2]) and found[0][2] != found[1][2])


def is_organelle(name: str, description: str = "") -> bool:
    """Whether a FASTA header names the genome of mitochondria or plastids."""
    return bool({_plain(name), _plain(described_chromosome(description) or "")} & {*_ORGANELLES})


def is_sex_chromosome(name: str, chromosomes: Collection[str]) -> bool:
    """Whether a chromosome of a genome is called X, Y, Z or W; X may be the tenth."""
    form = _plain(name)
    tenth = form == "x" and "ix" in map(_plain, chromosomes)
    return form in ("x", "y", "z", "w") and not tenth


def _are_roman(forms: Iterable[str]) -> bool:
    """Whether plain names contain Roman numerals and no Arabic ones.

    A single X does not count, since it may be the sex chromosome.
    """
    forms = set(forms)
    return bool(forms & (_ARABIC.keys() - {"x"})) and not any(map(str.isdecimal, forms))
