"""The format of the DeepSEA bundle: two kinds of MATLAB file in a tar.gz.

``train.mat`` is MATLAB v7.3, which is HDF5; h5py sees ``trainxdata``, uint8,
(length, 4, rows), and ``traindata``, uint8, (targets, rows), in chunks of
MATLAB's choice. ``valid.mat`` and ``test.mat`` are MATLAB v5: ``validxdata``,
(rows, 4, length), and ``validdata``, (rows, targets).
"""

BUNDLE_ORDER = [0, 2, 1, 3]
"""Channels of the bundle are A, G, C, T: this order converts from A, C, G, T and back."""
