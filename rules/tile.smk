rule tile_genome:
    input:
        unpack(genome_inputs),
        code=code("tile"),
    output:
        outputs_of("tile"),
    log:
        log_of("tile"),
    wildcard_constraints:
        dataset=one_of(GENOMES),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        # Without keys that concern only downloads and other stages.
        settings=lambda wildcards: {
            key: value
            for key, value in config["datasets"][wildcards.dataset].items()
            if key not in ("fasta", "peaks", "motifs", "disk_gib")
        },
        peaks=lambda wildcards: {
            key: value
            for key, value in config["datasets"][wildcards.dataset]["peaks"].items()
            if key != "archive"
        },
        urls=published_data,
    script:
        "../scripts/tile.py"
