"""Predictions on a GPU, and their evaluation, are those of the CPU."""

import numpy as np
import pandas as pd
import pytest
import torch
from gpu import ARCHITECTURES, DEVICE
from running import Made
from toy_store import PREDICTION

from noncoding import layout
from noncoding.data.store import Store
from noncoding.prediction import inference
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.evaluate import EvaluateSettings
from noncoding.stages.evaluate import evaluate
from noncoding.stages.predict import predict

pytestmark = pytest.mark.gpu

FP32 = 1e-5
"""Absolute tolerance of probabilities in fp32."""
TF32 = 5e-3
"""The same with TensorFloat-32, torch's default for convolutions."""
RANKS = 2e-3
"""Absolute tolerance of AUROC and AUPR of 64 loci: two neighbouring ranks are exchanged."""


@pytest.fixture
def tolerance(request):
    """With and without TensorFloat-32."""
    if request.param == "fp32":
        request.getfixturevalue("full_precision")
    return {"fp32": FP32, "tf32": TF32}[request.param]


def probabilities(folder, stores):
    [path] = layout.files("predict", folder)
    with Store(stores["valid"]) as store:
        return read_predictions(path, store)


def test_predictions_are_made_on_the_device():
    assert {device.type for device in inference.devices("auto")} == {DEVICE.type}


@pytest.mark.parametrize("tolerance", ["fp32", "tf32"], indirect=True)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_predictions_are_those_of_the_cpu(architecture, tolerance, stores, reference, tmp_path):
    predict(Made(reference / architecture).model, stores["valid"], tmp_path, PREDICTION)
    given, expected = (probabilities(f, stores) for f in (tmp_path, reference / architecture))
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(given, expected, rtol=0, atol=tolerance)


def test_metrics_are_those_of_the_cpu(stores, reference, tmp_path, full_precision):
    predict(Made(reference / "hybrid").model, stores["valid"], tmp_path, PREDICTION)
    tables = []
    for name, predicted in (("gpu", tmp_path), ("cpu", reference / "hybrid")):
        [predictions] = layout.files("predict", predicted)
        settings = EvaluateSettings(min_positives=1, replicates=20, curves=[])
        folder = tmp_path / name
        evaluate(predictions, stores["valid"], stores["train"], folder, settings, seed=1)
        tables.append(pd.read_csv(layout.files("evaluate", folder)[0], sep=None, engine="python"))
    given, expected = (table.set_index("index")[["auroc", "auprc"]] for table in tables)
    pd.testing.assert_frame_equal(given, expected, rtol=0, atol=RANKS)


def test_strands_are_averaged_on_the_device(full_precision):
    """The packed rows are unpacked by another algorithm there."""
    from gpu import LENGTH, random_network

    from noncoding.data.one_hot import unpack

    packed = torch.randint(0, 256, (8, 4, LENGTH // 8), dtype=torch.uint8)
    sequences = unpack(packed, LENGTH)
    assert torch.equal(unpack(packed.to(DEVICE), LENGTH).cpu(), sequences)
    network = random_network("compact")
    expected = inference.strand_averaged(network, sequences.float())
    given = inference.strand_averaged(network.to(DEVICE), sequences.float().to(DEVICE))
    torch.testing.assert_close(given.cpu(), expected, rtol=0, atol=FP32)
