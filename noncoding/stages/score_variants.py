"""The stage ``score_variants``: effects of the variants of a file."""

import logging
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding import __version__
from noncoding.common.errors import some_of
from noncoding.common.files import atomic_folders, discard, sha256, write_json
from noncoding.common.locks import exclusive
from noncoding.common.progress import progress
from noncoding.common.provenance import versions
from noncoding.common.space import check_room
from noncoding.common.stage_logging import RESULT
from noncoding.common.wording import counted
from noncoding.data.genome.chromosome_names import chromosome_map_for
from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.files import chromosomes_of, read_variants
from noncoding.data.variants.placement import place
from noncoding.data.variants.variant import PlacedVariant, Status, Variant
from noncoding.layout import FORMATS
from noncoding.models.export import load_model
from noncoding.motifs.meme import read_motifs
from noncoding.prediction import variant_output
from noncoding.prediction.background import Background, Substitution, background, substitution
from noncoding.prediction.inference import check_distances, named_device
from noncoding.prediction.outputs import check_replaced, unfinished_folder
from noncoding.prediction.shards import Shards
from noncoding.prediction.variant_scores import Blocks, VariantScores, from_rows, to_rows
from noncoding.prediction.variant_summary import (
    describe_variants,
    keeping_strongest,
    status_summary,
)
from noncoding.prediction.variants import VariantScorer
from noncoding.settings.apply import BATCH_SIZE, VariantOptions

log = logging.getLogger(__name__)

_STRONGEST = 10
"""Variants in the summary, if fewer are drawn."""


def score_variants(
    model: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: VariantOptions,
    *,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    summary: str | os.PathLike[str] | None = None,
    figures: str | os.PathLike[str] | None = None,
) -> dict[str, int]:
    """Score the variants of a file on a genome.

    The file is read to check it and count its alleles, to score them, and to write the scores; a
    block of alleles at a time is in memory. Finished shards are kept in a folder
    ``OUT.unfinished``, from which a run that was interrupted resumes if the model, the files and
    the options are the same.

    Parameters
    ----------
    model : path or str
        Folder of a trained model, or the name of one that comes with the package.
    out : path
        ``.tsv``, ``.tsv.gz``, ``.h5`` or ``.vcf.gz``, see
        `noncoding.prediction.variant_output.write_variants`.
    options : VariantOptions
    device : {"auto", "cpu", "cuda"}
    batch_size : int
        Windows per step of the network.
    seed : int
        Of the random variants of the background.
    summary : path, optional
        JSON file with the counts and the strongest variants, for the report.
    figures : path, optional
        Folder of the figures, which is replaced; by default ``OUT.figures`` if there are any.

    Returns
    -------
    dict
        Number of alleles of each status.

    Raises
    ------
    InputError
        The model or a file cannot be used, an option matches nothing, the folder of figures has
        other files, there is too little room on the disk, or another process writes the same
        output.
    """
    source, is_table = str(options.vcf or options.table), options.table is not None
    variant_output.check_output(
        out, source, table=is_table, long=options.long, inputs=options.files().values()
    )
    figures = figures or (f"{out}.figures" if options.plot else None)
    if figures:
        endings = tuple(f".{suffix}" for suffix in FORMATS)
        check_replaced(
            figures,
            lambda name: name.endswith(endings),
            f"no such folder, or one of figures only ({', '.join(endings)}), which are replaced",
            "Move these files, or give the output another name.",
        )
    every_target = variant_output.needs_targets(out, options.long)
    chosen = named_device(device)
    motifs = read_motifs(options.motifs) if options.plot and options.motifs else None
    exported = load_model(model)
    targets = exported.selected_targets(options.targets)
    check_distances("offsets", options.offsets, exported.length)
    file = _File.opened(source, is_table, options, exported.length)
    counts = _counted(file, with_kinds=options.background > 0)
    total = counts.statuses.total()
    found = {str(status): counts.statuses[status] for status in Status if counts.statuses[status]}
    log.info("%s; device %s", status_summary(counts.statuses), chosen)

    exported.moved_to(chosen)
    rows = targets["index"].to_numpy()
    scorer = VariantScorer(
        exported, chosen, rows, options.offsets, options.both_strands, batch_size
    )
    digests = {
        "model": sha256(exported.folder / "config.json", exported.folder / "model.safetensors"),
        "genome": sha256(options.genome),
    }
    provenance = {
        **digests,
        "variants": sha256(source),
        "ref_mismatch": options.ref_mismatch,
        "offsets": options.offsets,
        "both_strands": options.both_strands,
    }
    strongest: list[PlacedVariant] = []
    unfinished = unfinished_folder(out)
    with exclusive(unfinished):
        random = None
        if options.background:
            log.info("background of %s", counted(options.background, "random variant"))
            with progress(options.background, "random variant") as update:
                random = background(
                    scorer,
                    file.sequences,
                    options.background,
                    counts.kinds,
                    seed,
                    digests,
                    update,
                    every_target=every_target,
                )
        width = 2 + 4 * len(targets) * every_target
        shards = Shards(unfinished, (total, width), scorer.block, scorer.block)
        of_values = {"targets": rows.tolist(), "every_target": every_target, "batch": batch_size}
        missing = shards.missing(provenance | of_values)
        needed = variant_output.output_bytes(out, total, len(targets), long=options.long)
        needed += 4 * width * (total - shards.finished)
        check_room(unfinished.parent, needed, f"{out} and its shards")
        with progress(total, "allele", shards.finished) as update:
            scored = scorer.scores(file.blocks(missing), file.sequences, every_target=every_target)
            for block, (_, scores) in zip(missing, scored, strict=True):
                shards.write(block, to_rows(scores))
                update(block.stop - block.start)
        if random:
            provenance |= {"background": options.background, "seed": seed}
        log.info("writing %s", out)
        kept = max(options.plot, _STRONGEST)
        variant_output.write_variants(
            out,
            keeping_strongest(_stored(file, shards, random), strongest, kept),
            targets,
            source,
            is_table,
            file.sequences.genome,
            {"version": __version__, **provenance},
            long=options.long,
        )
        stems: list[str] = []
        if figures or summary:
            [(_, effects)] = scorer.scores([strongest], file.sequences)
            effects = random.with_shares(effects) if random else effects
        if figures:
            with atomic_folders(figures) as [folder]:
                if strongest and options.plot:
                    stems = _draw(scorer, strongest[: options.plot], effects, file, folder, motifs)
        if summary:
            content = {
                "file": Path(out).name,
                "statuses": found,
                "background": options.background,
                "strongest": describe_variants(strongest, effects, targets["label"], stems),
                "versions": versions(),
            }
            write_json(content, summary)
        discard(unfinished)
    log.log(RESULT, "%s: %s", out, status_summary(counts.statuses))
    return found


@dataclass(frozen=True)
class _File:
    """A file of variants on a genome."""

    source: str
    is_table: bool
    options: VariantOptions
    length: int
    sequences: Sequences
    names: Mapping[str, str]

    @classmethod
    def opened(cls, source: str, is_table: bool, options: VariantOptions, length: int) -> "_File":
        """Match the names of chromosomes; where there is no index, read those that are needed."""
        sequences = Sequences(options.genome)
        genome = sequences.genome
        in_file = chromosomes_of(source, table=is_table)
        names = chromosome_map_for(in_file, genome.lengths, genome.described)
        if names:
            pairs = [f"{name} → {own}" for name, own in names.items()]
            log.info("%s: chromosome names matched with the genome: %s", source, some_of(pairs))
        meant = {name: names.get(name, name) for name in in_file}
        if unknown := [name for name in in_file if meant[name] not in genome.lengths]:
            log.warning(
                "%s: %s not in %s: %s",
                source,
                counted(len(unknown), "chromosome name"),
                options.genome,
                some_of(unknown),
            )
        if not options.background:  # which may be on any chromosome
            sequences.expect(genome.lengths.keys() & meant.values(), once=False)
        return cls(source, is_table, options, length, sequences, names)

    def blocks(self, slices: Iterable[slice]) -> Iterator[list[PlacedVariant]]:
        """Alleles by their numbers, in ascending order."""
        variants = read_variants(self.source, table=self.is_table)
        position = 0
        for rows in slices:
            block = islice(variants, rows.start - position, rows.stop - position)
            yield list(self._placed(block))
            position = rows.stop

    def placed(self) -> Iterator[PlacedVariant]:
        """All alleles."""
        return self._placed(read_variants(self.source, table=self.is_table))

    def _placed(self, variants: Iterable[Variant]) -> Iterator[PlacedVariant]:
        return place(
            variants,
            self.sequences,
            where=self.source,
            length=self.length,
            mismatch=self.options.ref_mismatch,
            names=self.names,
            offsets=self.options.offsets,
        )


class _Counts(NamedTuple):
    """What a file contains: alleles by status and, if they are asked for, SNVs by kind."""

    statuses: Counter[Status]
    kinds: Counter[Substitution]


def _counted(file: _File, *, with_kinds: bool) -> _Counts:
    """Read the whole file, and log how many alleles it contains more than once."""
    statuses: Counter[Status] = Counter()
    kinds: Counter[Substitution] = Counter()
    digests = array("q")  # 8 bytes per allele
    for placed in file.placed():
        statuses[placed.status] += 1
        _, _, chromosome, position, _, ref, alt = placed.variant
        digests.append(hash((chromosome, position, ref.upper(), alt.upper())))
        if with_kinds and (kind := substitution(file.sequences, placed)):
            kinds[kind] += 1
    if repeated := len(digests) - len(np.unique(np.array(digests))):
        text = "%s contains %s of earlier alleles; all are scored"
        log.warning(text, file.source, counted(repeated, "duplicate"))
    return _Counts(statuses, kinds)


def _stored(file: _File, shards: Shards, random: Background | None) -> Blocks:
    """Alleles and their scores, from the shards."""
    blocks = file.blocks(rows for rows, _ in shards)
    for (_, values), block in zip(shards, blocks, strict=True):
        scores = from_rows(values)
        yield block, random.with_shares(scores) if random else scores


def _draw(
    scorer: VariantScorer,
    strongest: list[PlacedVariant],
    effects: VariantScores,
    file: _File,
    folder: Path,
    motifs: Mapping[str, npt.NDArray[np.float64]] | None,
) -> list[str]:
    """Draw variants with the two targets that each affects most; gives the stems of the files."""
    # Imported here, since the libraries of attributions take seconds to load.
    from noncoding.attribution.variant_attributions import Affected  # noqa: PLC0415
    from noncoding.attribution.variant_figures import draw_variants  # noqa: PLC0415

    assert effects.targets is not None
    order = np.argsort(-np.abs(effects.targets.logit_difference), axis=1, kind="stable")
    affected = [
        Affected(placed, scorer.columns[targets].tolist())
        for placed, targets in zip(strongest, order[:, :2], strict=False)
    ]
    return draw_variants(scorer.model, affected, file.sequences, folder, motifs)
