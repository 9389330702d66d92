"""What every package uses: errors, atomic writes, HDF5 and table input, plotting style."""
