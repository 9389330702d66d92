"""Models of the Hugging Face hub, by name and revision."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from noncoding import __version__
from noncoding.common.errors import InputError
from noncoding.common.files import sha256
from noncoding.common.redaction import redacted
from noncoding.common.system_errors import as_input_error
from noncoding.layout import LOADED_FILES

log = logging.getLogger(__name__)

PREFIX = "hf:"
SPELLING = "hf:USER/MODEL@REVISION, optionally with #sha256=DIGEST"
"""The digest is that of model.safetensors, the revision a commit hash, a tag or a branch."""
_WEIGHTS = "model.safetensors"
_NAME = re.compile(
    r"hf:(?P<repository>[\w.-]+/[\w.-]+)"
    r"@(?P<revision>(?!.*\.\.)\w[\w./+-]*)"
    r"(?:#sha256=(?P<digest>[0-9a-fA-F]{64}))?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubModel:
    """A model of the hub.

    Attributes
    ----------
    repository : str
        ``USER/MODEL``.
    revision : str
        Commit hash, tag or branch.
    digest : str, optional
        SHA-256 of the file of weights, in lower case.
    """

    repository: str
    revision: str
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> "HubModel":
        """From `SPELLING`.

        Raises
        ------
        InputError
            The text is spelled otherwise.

        Examples
        --------
        >>> HubModel.parse("hf:lab/yeast@v1")
        HubModel(repository='lab/yeast', revision='v1', digest=None)
        """
        found = _NAME.fullmatch(text)
        if not found:
            without = re.fullmatch(r"hf:[\w.-]+/[\w.-]+", text, re.ASCII)
            raise InputError(
                redacted(text),
                "no revision" if without else "a malformed name of a model of the hub",
                SPELLING,
                "Name a commit hash, which the page of the model lists, or a tag or branch such "
                f"as {text}@main."
                if without
                else "A digest has 64 hexadecimal digits, such as those that sha256sum prints.",
            )
        digest = found["digest"]
        return cls(found["repository"], found["revision"], digest.lower() if digest else None)

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a full commit hash, whose content never changes."""
        return _COMMIT.fullmatch(self.revision) is not None

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}@{self.revision}"


def hub_folder(model: HubModel) -> Path:
    """The folder of a model of the hub, whose `LOADED_FILES` are downloaded if necessary.

    The files are those of one commit. They are kept in the cache of huggingface_hub, of which the
    variables ``HF_HOME``, ``HF_ENDPOINT``, ``HF_HUB_OFFLINE`` and ``HF_TOKEN`` are honoured. A
    commit in the cache is used without network access; so is a tag or branch if there is none.

    Raises
    ------
    InputError
        There is no such model, revision or file, the hub cannot be reached, a download fails, or
        the weights have another digest.
    """
    # The commit of the first file is that of the others, also if the revision changes meanwhile.
    first, *others = LOADED_FILES
    folder = _download(model, first, model.revision).parent
    commit = folder.name
    for name in others:
        _download(model, name, commit)
    weights = folder / _WEIGHTS
    digest = sha256(weights) if model.digest or commit != model.revision else None
    if model.digest and digest != model.digest:
        raise InputError(
            f"{model}, {_WEIGHTS}",
            f"the SHA-256 {digest}",
            f"{model.digest}, as given",
            "The model is not loaded. Compare the digest with the one that the publisher gives for "
            f"this revision; if that is the expected one, delete {weights.resolve()} and run "
            "again, which downloads the file again.",
        )
    if not model.is_pinned:
        log.warning(
            "%s: the content of a tag or branch may change; the loaded commit is %s%s@%s#sha256=%s",
            *(model, PREFIX, model.repository, commit, digest),
        )
    return folder


def in_hub_cache(folder: Path) -> bool:
    """Whether a folder is in the cache of huggingface_hub, which holds published files only."""
    from huggingface_hub.constants import HF_HUB_CACHE  # noqa: PLC0415

    return folder.resolve().is_relative_to(Path(HF_HUB_CACHE).resolve())


def _download(model: HubModel, name: str, revision: str) -> Path:
    """The path of a file in the cache."""
    # Most commands load a local model, and do not wait for these.
    from huggingface_hub import errors, hf_hub_download  # noqa: PLC0415

    try:
        return Path(
            hf_hub_download(
                model.repository,
                name,
                revision=revision,
                library_name="noncoding",
                library_version=__version__,
            )
        )
    # Exceptions of any type, since those of the HTTP library differ between versions.
    except Exception as error:
        match error:
            case errors.HFValidationError():
                found, expected, remedy = "an invalid name", SPELLING, "Correct the name."
            case errors.GatedRepoError():
                found = "a model that is only available after consent to its terms"
                expected = "access to the model"
                remedy = "Accept them on the page of the model, and log in with `hf auth login`."
            case errors.RepositoryNotFoundError():
                found = "no such model on the hub, or a private one without access"
                expected = "the USER/MODEL of a model that can be read"
                remedy = "Check the name. For a private model, log in with `hf auth login`."
            case errors.RevisionNotFoundError():
                found = f"no revision {revision!r} of this model"
                expected = "a commit hash (40 digits), a tag or a branch"
                remedy = "The page of the model lists its branches, tags and commits."
            case errors.LocalEntryNotFoundError():
                if isinstance(error.__cause__, errors.OfflineModeIsEnabled):
                    found = f"no {name} in the local cache, and HF_HUB_OFFLINE is set"
                    remedy = "Unset HF_HUB_OFFLINE for the first use of a model."
                else:
                    cause = " ".join(str(error.__cause__ or error).split())
                    found = f"no {name} in the local cache, and no answer of the hub ({cause})"
                    remedy = (
                        "Connect to the network, set HF_ENDPOINT to a mirror, or copy the folder "
                        "of the model and give its path."
                    )
                expected = "a model in the cache, or a hub that can be reached"
            case errors.EntryNotFoundError():
                found = f"no file {name} in this revision"
                expected = f"a model folder of this pipeline, with {', '.join(LOADED_FILES)}"
                remedy = "Publish the folder `model` of the stage 'train' as a whole."
            case OSError() if as_input_error(error):  # of the disk
                raise
            case _:
                details = " ".join(str(error).split())
                found = f"a failed download of {name} ({type(error).__name__}: {details})"
                expected = "the whole file"
                remedy = "Run the same command again; nothing incomplete is kept."
        raise InputError(model, redacted(found), expected, remedy) from error
