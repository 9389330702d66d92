"""Writing a bundle: what the official files hold, and how it lies in them."""

import os
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io

from noncoding.common.files import temporary
from noncoding.common.hdf5 import new_hdf5

SPLITS = ("train", "valid", "test")

BUNDLE_ORDER = [0, 2, 1, 3]
"""Takes A, C, G, T to A, G, C, T and back: it is its own inverse."""


def write_bundle(
    archive: str | os.PathLike[str],
    splits: dict[str, tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]],
    folder: str = "deepsea_train",
) -> None:
    """Write rows as the DeepSEA bundle has them.

    ``train.mat`` is MATLAB v7.3 (HDF5, rows last), the others MATLAB v5 (rows
    first); channels stand in the order A, G, C, T.

    Parameters
    ----------
    archive : path
        The tar.gz.
    splits : dict
        Split → sequences, shape=(rows, 4, length), A, C, G, T; labels,
        shape=(rows, targets).
    folder : str
        Inside the archive.
    """
    # Beside the archive, where there must be room anyway; temporary files of the system lie
    # on a small disk, or in memory.
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar, temporary(archive) as beside:
        beside.mkdir()
        for name, (sequences, labels) in splits.items():
            path = beside / f"{name}.mat"
            sequences = sequences[:, BUNDLE_ORDER]
            if name == "train":
                _write_v73(path, name, sequences, labels)
            else:
                scipy.io.savemat(
                    path,
                    {f"{name}xdata": sequences, f"{name}data": labels},
                    do_compression=True,
                )
            tar.add(path, f"{folder}/{name}.mat")
            path.unlink()


def _write_v73(
    path: Path, name: str, sequences: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]
) -> None:
    # MATLAB puts a 512-byte block with its own header before the HDF5 file.
    with new_hdf5(path, userblock_size=512) as file:
        for variable, values in (("xdata", sequences.transpose(2, 1, 0)), ("data", labels.T)):
            dataset = file.create_dataset(
                name + variable, data=values, chunks=True, compression="gzip", compression_opts=1
            )
            dataset.attrs["MATLAB_class"] = np.bytes_("uint8")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124)
    with path.open("r+b") as handle:
        handle.write(header + (0x0200).to_bytes(2, "little") + b"IM")
