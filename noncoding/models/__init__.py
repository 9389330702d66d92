"""Networks, and the folder that a trained one is exported to."""

from noncoding.models.architectures import ARCHITECTURES, create_model
from noncoding.models.export import MODEL_FILES, ExportedModel, export_model, load_model
from noncoding.models.hybrid import Hybrid, HybridConfig
from noncoding.models.network import Network

__all__ = [
    "ARCHITECTURES",
    "MODEL_FILES",
    "ExportedModel",
    "Hybrid",
    "HybridConfig",
    "Network",
    "create_model",
    "export_model",
    "load_model",
]
