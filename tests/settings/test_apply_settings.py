"""The section ``apply``: entries, and the data sets and models to which they belong."""

import pytest
from shipped import DEFAULT, YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.apply import FILES, ApplySettings, RegionOptions, VariantOptions
from noncoding.settings.config import Settings, check_settings

ENTRY = {"regions": {"bed": "a.bed"}, "variants": {"vcf": "a.vcf"}}
"""The shortest entry of each kind."""
BOTH = {"run": {"datasets": ["yeast", "deepsea"], "models": ["hybrid", "danq"]}}


def applied(kind, **keys):
    return {"apply": {kind: {"mine": ENTRY[kind] | keys}}}


@pytest.mark.parametrize(
    ("over", "fragment"),
    [
        (applied("regions", regions=["IX"]), "mine: found bed and regions; expected exactly one"),
        (applied("regions", bed=None), "regions.mine: found no regions; expected exactly one of"),
        (
            applied("variants", table="a.tsv"),
            "mine: found both; expected exactly one of vcf, table",
        ),
        (
            applied("variants", vcf=None),
            "mine: found no variants; expected exactly one of vcf, table",
        ),
        (
            applied("regions", bed=None, regions=["IX"], summit=True),
            "mine.summit: found summit and regions; .* a BED file",
        ),
        (
            applied("regions", bed=None, fasta="a.fa", format="bigwig"),
            "mine.format: found bigwig; expected tsv.gz or h5",
        ),
        (
            applied("variants", long=True, format="vcf.gz"),
            "mine.long: found true with the format vcf.gz; expected false, or the format tsv.gz",
        ),
        (applied("regions", long=True, format="h5"), "mine.long: found true with the format h5"),
        (applied("regions", format="vcf.gz"), "mine.format: found 'vcf.gz'; .* tsv.gz, h5, bigwig"),
        (applied("variants", vfc="a"), "variants.mine: found the unknown key 'vfc'.*mean 'vcf'"),
        (applied("variants", plot=-1), "mine.plot: found -1; expected at least 0"),
        (applied("variants", offsets=[]), r"mine.offsets: found \[\]; expected at least 1"),
        (applied("variants", offsets=[5, 5]), r"mine.offsets: .* no entry twice"),
        (applied("regions", shifts=[2**31]), "mine.shifts.*at most 2147483647"),
        (applied("variants", datasets=["yaest"]), "datasets: found 'yaest'; .*mean 'yeast'"),
        (applied("variants", models=["compcat"]), "models: found 'compcat'; .*mean 'compact'"),
        ({"apply": {"variants": {"a.b": ENTRY["variants"]}}}, "found 'a.b'; .*without '.'"),
        ({"apply": {"variants": {"a/b": ENTRY["variants"]}}}, "found 'a/b'; .*letters, digits"),
        ({"apply": {"variant": {}}}, "apply: found the unknown key 'variant'.*mean 'variants'"),
    ],
)
def test_entries_of_apply_are_checked(over, fragment):
    with pytest.raises(InputError, match=fragment):
        check_settings(merged(YEAST, over))


def test_nothing_is_applied_by_default():
    settings = check_settings(DEFAULT)
    assert not any([*settings.applications("regions"), *settings.applications("variants")])


@pytest.mark.parametrize("kind", ENTRY)
def test_the_genome_is_that_of_the_data_set_if_it_has_one(kind):
    check_settings(merged(YEAST, applied(kind)))
    with pytest.raises(InputError, match=r"mine.genome: found null, but no genome .* 'deepsea'"):
        check_settings(merged(merged(YEAST, BOTH), applied(kind)))
    for keys in ({"genome": "hg19.fa"}, {"datasets": ["yeast"]}):
        check_settings(merged(merged(YEAST, BOTH), applied(kind, **keys)))


def test_sequences_need_no_genome():
    check_settings(merged(DEFAULT, applied("regions", bed=None, fasta="a.fa")))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {(data, model) for data in ("yeast", "deepsea") for model in ("hybrid", "danq")}),
        ({"datasets": ["yeast"]}, {("yeast", "hybrid"), ("yeast", "danq")}),
        ({"models": ["danq"]}, {("yeast", "danq"), ("deepsea", "danq")}),
        ({"models": ["compact"]}, set()),  # which is not run
    ],
)
@pytest.mark.parametrize("seeds", [[], [3, 4]])
def test_an_entry_is_applied_to_its_data_sets_and_models(keys, expected, seeds):
    config = merged(merged(YEAST, BOTH), applied("variants", genome="a.fa", **keys))
    settings = check_settings(merged(config, {"run": {"seeds": seeds}}))
    found = [each[:1] + each[2:] for each in settings.applications("variants")]
    names = [f"-seed{seed}" for seed in seeds] or [""]
    assert sorted(found) == sorted(
        ("mine", data, f"{model}{seed}") for data, model in expected for seed in names
    )


def paths_of(schema):
    """Keys of the options whose values are paths."""
    properties = schema["properties"].items()
    return {key for key, each in properties if '"format": "path"' in str(each).replace("'", '"')}


def test_options_without_files_are_those_of_the_stage():
    config = merged(YEAST, applied("regions", tile=True))
    settings = check_settings(merged(config, applied("variants", plot=3)))
    files = {"bed": "a.bed", "genome": "a.fa"}
    assert (RegionOptions(**files, **settings.apply.regions["mine"].options())) == RegionOptions(
        **files, tile=True
    )
    options = settings.apply.variants["mine"].options()
    assert VariantOptions(genome="a.fa", vcf="a.vcf", **options) == VariantOptions(
        genome="a.fa", vcf="a.vcf", plot=3
    )
    both = [paths_of(options.model_json_schema()) for options in (RegionOptions, VariantOptions)]
    assert set(FILES) == set.union(*both)


def test_every_kind_can_be_asked_for():
    assert set(ApplySettings.model_fields) == ENTRY.keys()
    assert Settings.model_fields["apply"].annotation is ApplySettings
