rule tile_genome:
    input:
        unpack(genome_inputs),
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
        *code("tile"),
        settings=genome_settings,
        urls=published_data,
    script:
        "../scripts/tile.py"
