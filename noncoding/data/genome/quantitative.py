"""Recognise files of signals and reads in the place of peak files."""

import os
import zlib

from noncoding.common.errors import InputError

_CALL_PEAKS = "Call peaks, for example with MACS, and give the narrowPeak file"
_KINDS = {
    0x888FFC26: ("bigWig", f"{_CALL_PEAKS}; or use the published peak file of the experiment."),
    0x8789F2EB: ("bigBed", "Convert it: bigBedToBed FILE.bigBed FILE.bed."),
}
"""Magic number of UCSC's formats, in either byte order → name and remedy."""
_KINDS_OF_BYTES = {
    number.to_bytes(4, order): kind
    for number, kind in _KINDS.items()
    for order in ("little", "big")
} | {start: (name, f"{_CALL_PEAKS}.") for start, name in ((b"BAM\1", "BAM"), (b"CRAM", "CRAM"))}
_GZIP = b"\x1f\x8b"


def refuse_quantitative(content: bytes, where: str | os.PathLike[str]) -> None:
    """Refuse a bigWig, bigBed, BAM or CRAM file, recognised by its first bytes.

    Parameters
    ----------
    content : bytes
        A whole file, which may be compressed with gzip.
    where : path
        The file, for the error.

    Raises
    ------
    InputError
        It is such a file; with what to do.
    """
    start = content[:4]
    if start.startswith(_GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(content[: 1 << 16], 4)
        except zlib.error:  # reported where the file is read
            return
    if start in _KINDS_OF_BYTES:
        name, remedy = _KINDS_OF_BYTES[start]
        values = "a binary format" if name == "bigBed" else "quantitative values"
        raise InputError(
            where,
            f"a {name} file ({values}, which {'is' if name == 'bigBed' else 'are'} not supported)",
            "peaks: BED or narrowPeak intervals",
            remedy,
        )
