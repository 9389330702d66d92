"""Write a bundle in the formats and layouts of the official files."""

import os
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io

from noncoding.common.files import temporary
from noncoding.common.hdf5 import new_hdf5
from noncoding.data.bundle import BUNDLE_ORDER


def write_bundle(
    archive: str | os.PathLike[str],
    splits: dict[str, tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]],
) -> None:
    """Write splits as a tar.gz in the format of the DeepSEA bundle (see `noncoding.data.bundle`).

    `splits` maps a split to its sequences, shape=(rows, 4, length), A, C, G, T, and its labels,
    shape=(rows, targets).
    """
    # The temporary folder of the system may be on a small disk, or in memory.
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar, temporary(archive) as folder:
        folder.mkdir()
        for name, (sequences, labels) in splits.items():
            path = folder / f"{name}.mat"
            values = {f"{name}xdata": sequences[:, BUNDLE_ORDER], f"{name}data": labels}
            if name == "train":
                _write_v73(path, values)
            else:
                scipy.io.savemat(path, values, do_compression=True)
            tar.add(path, f"deepsea_train/{name}.mat")
            path.unlink()


def _write_v73(path: Path, variables: dict[str, npt.NDArray[np.uint8]]) -> None:
    # MATLAB puts a 512-byte block with its own header before the HDF5 file.
    with new_hdf5(path, userblock_size=512) as file:
        for name, values in variables.items():
            dataset = file.create_dataset(
                name, data=values.T, chunks=True, compression="gzip", compression_opts=1
            )
            dataset.attrs["MATLAB_class"] = np.bytes_("uint8")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124)
    with path.open("r+b") as handle:
        handle.write(header + (0x0200).to_bytes(2, "little") + b"IM")
