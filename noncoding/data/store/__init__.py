"""The store: one HDF5 file per split, which any HDF5 reader can open.

``sequence``
    uint8, (rows, 4, ceil(length / 8)): packed one-hot (see `noncoding.data.one_hot`).
``label``
    uint8, (rows, ceil(targets / 8)), packed in the same way.
``target/<column>``
    The target table, one dataset per column.
``locus/chromosome, start, end``
    Where the source has coordinates: index into ``locus/names``, and the half-open, 0-based
    window of each row.
``checksum/<dataset>``
    uint32: CRC-32 (as in zlib) of each block of 1024 rows of the datasets above, and, as
    ``checksum/target``, of each column of the table.

Attributes: ``schema_version``, ``alphabet``, ``length`` (bp), ``rows``, ``targets``, ``strands``
(see `STRANDS`), ``bin`` (bp, the labelled centre of a window), ``source`` (JSON: origin of the
rows, with digests), ``code_version`` and ``header_checksum`` (see `noncoding.data.store.format`).
Datasets with a row axis are chunked by rows and have Fletcher-32 checksums, which HDF5 verifies at
every read. These do not distinguish bytes 0 and 255, nor one block from another; the CRC-32 do,
and `noncoding.data.store.verify` compares them.
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
