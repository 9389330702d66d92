"""Knowledge distillation: labels from the predictions of a trained model."""

import os

import torch

from noncoding.common.errors import InputError
from noncoding.common.files import sha256
from noncoding.data.store import Store
from noncoding.models.export import ExportedModel, load_model
from noncoding.models.forward_pass import forward_pass


class Teacher:
    """A trained model or ensemble whose predicted probabilities are labels (Hinton et al. 2015).

    Not a module: its weights do not belong to those of the network that is trained.

    Parameters
    ----------
    model : ExportedModel

    Attributes
    ----------
    model : ExportedModel
    weights_sha256 : str
    """

    def __init__(self, model: ExportedModel) -> None:
        self.model = model
        self.weights_sha256 = sha256(model.folder / "model.safetensors")
        self._network = model.network.eval().requires_grad_(requires_grad=False)

    @classmethod
    def read(cls, folder: str | os.PathLike[str], store: Store) -> "Teacher":
        """Load a model that predicts the targets of a store for its windows and bins.

        Raises
        ------
        InputError
            As in `load_model`, or window, labelled bin or targets differ.
        """
        model = load_model(folder)
        model.check_fits(store)
        if model.bin != store.bin:
            raise InputError(
                model.folder,
                f"a teacher for labelled bins of {model.bin} bp",
                f"{store.bin} bp, as in {store.path}",
                "Train the teacher on this data set.",
            )
        return cls(model)

    @torch.no_grad()
    def labels(self, sequences: torch.Tensor) -> torch.Tensor:
        """Probabilities, shape=(batch, targets), of one-hot sequences, (batch, 4, length).

        Those of the strand that is given, on the device of the sequences.
        """
        return forward_pass(self._network.to(sequences.device), sequences).float().sigmoid()
