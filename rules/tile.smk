rule tile_genome:
    input:
        unpack(genome_inputs),
    output:
        outputs_of("tile"),
    log:
        log_of("tile"),
    benchmark:
        benchmark_of("tile")
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


rule tile_genome_wide_bins:
    input:
        unpack(genome_inputs),
        test_store=store_of("test"),
    output:
        outputs_of("tile_genome_wide"),
    log:
        log_of("tile_genome_wide"),
    wildcard_constraints:
        dataset=one_of(GENOMES),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        *code("tile_genome_wide"),
        settings=genome_settings,
        urls=published_data,
    script:
        "../scripts/tile_genome_wide.py"
