"""Find the known motifs of each target, by name."""

import logging
import re
from collections.abc import Iterable, Iterator

import pandas as pd

from noncoding.common.errors import InputError, some_of

log = logging.getLogger(__name__)

MOTIF_COLUMN = "motif"
"""Column of the target table that names the motif of a target."""

_JASPAR_PREFIX = re.compile(r"MA\d+\.\d+\.(?=\S)")
_HOCOMOCO = re.compile(r"(.+?)(?:_(?:HUMAN|MOUSE))?\.H\d+[A-Z]+\.(?:(\d+)\.)?\S*")
_CIS_BP = re.compile(r"\(([^()]+)\)_\(.+")
_HOMER = re.compile(r"([^()/]+)\([^()]*\)/.+")
_VARIANT = re.compile(r"\(var\.\d+\)$")

_TAG = r"(?:\d*X)?(?:E?GFP|YFP|FLAG|HA|V5|HIS|TAP|AVI|HALO)"
"""Epitope tags without Myc, which is also a protein."""
_CELL_LINE = (
    r"A-?549|CACO-?2|CH12|GM\d{5}|H[179](?:-?H?ESC)?|HAP-?1|HCT-?116|HEK-?293T?|HELA(?:-?S3)?"
    r"|HEP-?G2|HFF(?:-MYC)?|HL-?60|HUVEC|IMR-?90|JURKAT|K-?562|KC-?167|LNCAP|MCF-?(?:7|10A)"
    r"|M?ESC|NT2-?D1|PANC-?1|PC-?3|S2|SK-?N-?SH|T-?47D|U-?2-?OS|VCAP"
)
_WITHOUT_MOTIF = (
    r"H2A\.?Z|H[234][AB]?[KRST]\d+\w*|DNASE\w*|ATAC\w*|FAIRE\w*|MNASE\w*"
    r"|(?:RNA)?POL(?:2|3|II|III|R2A)\w*|INPUT|IGG|CONTROL"
)
"""Histone marks, accessibility, polymerases and controls."""


def _whole(pattern: str) -> re.Pattern[str]:
    """A pattern for whole parts of a name."""
    return re.compile(rf"(?<![A-Z0-9])(?:{pattern})(?![A-Z0-9])", re.IGNORECASE)


_TAGS, _CELL_LINES, _NO_MOTIF = map(_whole, (_TAG, _CELL_LINE, _WITHOUT_MOTIF))

_SYNONYMS = {
    "AP-2ALPHA": ("TFAP2A",),
    "AP-2GAMMA": ("TFAP2C",),
    "ERALPHA": ("ESR1",),
    "ERRA": ("ESRRA",),
    "GABP": ("GABPA",),
    "GR": ("NR3C1",),
    "GRP20": ("NR3C1",),
    "NFKB": ("RELA", "NFKB1"),
    "NF-KB": ("RELA", "NFKB1"),
    "NRSF": ("REST",),
    "OCT4": ("POU5F1",),
    "P53": ("TP53",),
    "PU.1": ("SPI1",),
    "SREBP1": ("SREBF1",),
    "SREBP2": ("SREBF2",),
    "TR4": ("NR2C2",),
}
"""Names of proteins in ENCODE's peak files → gene symbols of motif databases."""

_SHORTEST = 3
"""Shortest part of a name that is matched in any case; two letters must agree in case."""


def match_motifs(targets: pd.DataFrame, motifs: Iterable[str]) -> list[list[str]]:
    """Find the known motifs of each target.

    The name of a motif is the text after its identifier, without suffixes of JASPAR
    (``(var.2)``), HOCOMOCO (``_HUMAN.H11MO.0.A``), CIS-BP and HOMER; members of a complex
    (``MAX::MYC``) are names as well. The motifs of a target are the first that match

    1. its ``motif`` column: an identifier with or without version, or a name;
    2. its whole name;
    3. its ``assay``, which is the protein in many target tables;
    4. a part of the assay, or else of the name, between white space, punctuation and
       finally hyphens.

    Case and hyphens are ignored. Epitope tags, the cell type and treatment of the target, and
    common cell lines are removed before parts are matched. If parts match several proteins, no
    motif is assigned and a warning is logged. Histone marks, accessibility, polymerases and
    controls have no motif.

    Parameters
    ----------
    targets : pandas.DataFrame
        ``name``, optionally ``assay``, ``cell_type``, ``treatment`` and ``motif``.
    motifs : iterable of str
        Keys of `noncoding.motifs.meme.read_motifs`.

    Returns
    -------
    list of list of str
        Keys for each target. Motifs of the protein alone precede those of complexes, main
        motifs precede variants, and newer identifiers precede older ones.

    Raises
    ------
    InputError
        The ``motif`` column names an unknown motif.
    """
    keys = list(motifs)
    by_name = _by_name(keys)
    columns = ("name", "assay", "cell_type", "treatment", MOTIF_COLUMN)
    rows = targets.reindex(columns=list(columns)).fillna("").astype(str)
    matched, ambiguous = [], []
    for row in rows.to_dict("records"):
        if row[MOTIF_COLUMN].strip():
            matched.append(_named(row[MOTIF_COLUMN], row["name"], keys, by_name))
            continue
        found = _found(row["name"], row["assay"], (row["cell_type"], row["treatment"]), by_name)
        if len(found) > 1:
            ambiguous.append(f"{row['name']} ({', '.join(found)})")
        matched.append(next(iter(found.values())) if len(found) == 1 else [])
    if ambiguous:
        log.warning(
            "no motif is assigned to %d targets whose names match several motifs: %s. Name one in "
            "the column '%s' of the target table",
            len(ambiguous),
            some_of(ambiguous, shown=5),
            MOTIF_COLUMN,
        )
    return matched


def _by_name(keys: Iterable[str]) -> dict[str, list[str]]:
    """Keys by upper-case name of a protein, in order of preference."""
    ranked: dict[str, list[tuple[int, int, str]]] = {}
    for key in sorted(keys, reverse=True):  # Newer identifiers first.
        word = _JASPAR_PREFIX.sub("", key.split()[-1])
        variant = 0
        if found := _HOCOMOCO.fullmatch(word):
            word, variant = found[1], int(found[2] or 0)
        elif found := _CIS_BP.fullmatch(word) or _HOMER.fullmatch(word):
            word = found[1]
        elif found := _VARIANT.search(word):
            word, variant = word[: found.start()], 1
        proteins = word.upper().split("::")
        for name in {*proteins, "::".join(proteins)}:
            ranked.setdefault(name, []).append((len(proteins), variant, key))
    return {
        name: [key for _, _, key in sorted(entries, key=lambda entry: entry[:2])]
        for name, entries in ranked.items()
    }


def _named(label: str, target: str, keys: list[str], by_name: dict[str, list[str]]) -> list[str]:
    """Motifs for an entry of the motif column."""
    wanted = label.strip().upper()
    for key in keys:
        if wanted in (key.upper(), key.split()[0].upper()):
            return [key]
    if found := by_name.get(wanted):
        return found
    # Without a version, the newest.
    if versions := [key for key in keys if key.upper().startswith(f"{wanted}.")]:
        return [max(versions)]
    raise InputError(
        f"target table, column '{MOTIF_COLUMN}', target {target!r}",
        repr(label),
        f"the identifier or name of one of the {len(keys)} motifs of the MEME file",
        "Correct or remove the entry, or use a MEME file with this motif.",
    )


def _found(
    name: str, assay: str, context: tuple[str, str], by_name: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Motifs for a name or assay, by protein; several if it is ambiguous."""
    if _NO_MOTIF.search(assay):
        return {}
    for label in (name, assay):
        if keys := _of_label(label.strip(), by_name):
            return {label: keys}
    for label in (assay, name):
        if _NO_MOTIF.search(label):
            continue
        for parts in _parts(label, context):
            found = {keys[0]: (part, keys) for part in parts if (keys := _of_part(part, by_name))}
            if found:
                return dict(found.values())
    return {}


def _of_label(label: str, by_name: dict[str, list[str]]) -> list[str]:
    upper = label.upper()
    symbols = (*_SYNONYMS.get(upper, ()), upper, upper.replace("-", ""))
    return list(dict.fromkeys(key for symbol in symbols for key in by_name.get(symbol, ())))


def _of_part(part: str, by_name: dict[str, list[str]]) -> list[str]:
    """Like `_of_label`, but two letters must agree in case, and one letter has no motif."""
    found = _of_label(part, by_name)
    if len(part) >= _SHORTEST or part in _SYNONYMS:
        return found
    return [key for key in found if len(part) > 1 and part in re.split(r"\W+", key)]


def _parts(label: str, context: Iterable[str]) -> Iterator[list[str]]:
    """Parts of a name that may be a protein, split into smaller and smaller pieces."""
    for known in filter(None, map(str.strip, context)):
        label = _whole(re.escape(known)).sub(" ", label)
    label = _CELL_LINES.sub(" ", _TAGS.sub(" ", label))
    words = [word.strip("-._") for word in re.split(r"[\s/;,:()+]+", label)]
    yield words
    words = [word.strip("-") for text in words for word in re.split(r"[._]+", text)]
    yield words
    pieces = [word.split("-") for word in words]
    for size in range(max(map(len, pieces)) - 1, 0, -1):
        yield [
            "-".join(piece[start : start + size])
            for piece in pieces
            for start in range(len(piece) - size + 1)
        ]
