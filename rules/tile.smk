rule tile_genome:
    input:
        unpack(genome_inputs),
        code=code("tile"),
    output:
        train=f"{RESULTS}/{{dataset}}/data/train.h5",
        valid=f"{RESULTS}/{{dataset}}/data/valid.h5",
        test=f"{RESULTS}/{{dataset}}/data/test.h5",
    log:
        f"{RESULTS}/{{dataset}}/logs/tile.log",
    wildcard_constraints:
        dataset=one_of(GENOMES),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        peaks=dataset_key("peaks"),
        chromosome_map=dataset_key("chromosome_map"),
        window=dataset_key("window"),
        bin=dataset_key("bin"),
        min_overlap=dataset_key("min_overlap"),
        min_peaks=dataset_key("min_peaks"),
        # Not every data set has them; what they default to stands in the library.
        optional=optional_dataset_keys("peak", "min_positives"),
        splits=dataset_key("splits"),
        urls=published_rows,
    script:
        "../scripts/tile.py"
