"""The store: one HDF5 file a split that any HDF5 reader can open.

Layout
------
``sequence``
    uint8, (rows, 4, ceil(length / 8)): one-hot in the order A, C, G, T, eight
    positions to a byte, first position in the highest bit. A column of four
    zeros is N. In NumPy: ``numpy.unpackbits(sequence, axis=-1, count=length)``.
``label``
    uint8, (rows, ceil(targets / 8)), packed in the same way.
``target/<column>``
    The target table, one dataset a column.
``locus/chromosome, start, end``
    Where the source has coordinates: index into ``locus/names``, and the
    half-open, 0-based window of each row.
``checksum/<dataset>``
    uint32: CRC-32 (as in zlib) of each block of 1024 rows of the datasets
    above, and, as ``checksum/target``, of each column of the table.

Attributes: ``schema_version``, ``alphabet``, ``length`` (bp), ``rows``,
``targets``, ``strands`` (see `STRANDS`), ``bin`` (bp, the
labelled central part of a window), ``source`` (JSON: what the rows were made
from, with digests), ``code_version`` and ``header_checksum`` (CRC-32 of all other
attributes, of name, type, shape, chunks and filters of all datasets, and of the
checksums; `noncoding.data.store.format` has the details). Arrays with a row axis are chunked by
rows and carry Fletcher-32 checksums, which HDF5 verifies at every read. These
do not tell a byte 0 from a byte 255, nor a block from another one; the CRC-32
do, and `noncoding.data.store.verify` compares them.
"""

from noncoding.data.store.format import (
    BOTH,
    FORWARD,
    LOCUS_COLUMNS,
    ROWS_PER_CHUNK,
    SCHEMA_VERSION,
    STRANDS,
    StoreHeader,
)
from noncoding.data.store.reader import Store
from noncoding.data.store.writer import StoreWriter, new_store

__all__ = [
    "BOTH",
    "FORWARD",
    "LOCUS_COLUMNS",
    "ROWS_PER_CHUNK",
    "SCHEMA_VERSION",
    "STRANDS",
    "Store",
    "StoreHeader",
    "StoreWriter",
    "new_store",
]
