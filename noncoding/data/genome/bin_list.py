def read_bins(path, bin, genome, chromosome_map):
    raise NotImplementedError
