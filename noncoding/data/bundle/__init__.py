"""The format of the DeepSEA bundle: two kinds of MATLAB file in a tar.gz.

``train.mat`` is MATLAB v7.3, which is HDF5; h5py sees ``trainxdata``, uint8,
(length, 4, rows), and ``traindata``, uint8, (targets, rows), in chunks of
MATLAB's choice. ``valid.mat`` and ``test.mat`` are MATLAB v5: ``validxdata``,
(rows, 4, length), and ``validdata``, (rows, targets). Channels stand in the
order A, G, C, T.
"""

from noncoding.data.bundle.matfile import BundleSplit
from noncoding.data.bundle.write import BUNDLE_ORDER, SPLITS, write_bundle

__all__ = ["BUNDLE_ORDER", "SPLITS", "BundleSplit", "write_bundle"]
