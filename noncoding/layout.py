"""Names of files that the rules read, too, without heavy imports."""

CODE_FILES = (
    "network.py",
    "recurrent.py",
    "activations.py",
    "stem.py",
    "wide_resnet.py",
    "transformer_xl.py",
    "sequence.py",
    "head.py",
    "hybrid.py",
    "deepsea.py",
    "danq.py",
)
"""Modules of `noncoding.models` that need nothing but torch and transformers, and import each
other by relative names: with them the folder loads without this project."""

LOADED_FILES = ("config.json", "model.safetensors", "targets.tsv", "training.json")
"""What this project reads of an exported model."""

EXPORTED_FILES = (*LOADED_FILES, "README.md", *CODE_FILES)

UNFINISHED = "unfinished"
"""Folder with the state of a training until its results have been accepted; also the ending of
the folder with the parts of predictions."""
FINISHED = "finished.json"
"""File in it that says that the training has ended and its results are written."""
