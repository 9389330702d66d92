"""Predictions on a GPU, and their evaluation, are those of the CPU."""

import numpy as np
import pandas as pd
import pytest
import torch
from gpu import ARCHITECTURES, DEVICE, LENGTH, random_network
from running import Made
from toy_store import PREDICTION

from noncoding import layout
from noncoding.data.one_hot import unpack
from noncoding.data.store import Store
from noncoding.evaluation.target_metrics import target_metrics
from noncoding.prediction import inference
from noncoding.prediction.predictions import read_predictions
from noncoding.stages.predict import predict

pytestmark = pytest.mark.gpu

FP32 = 1e-5
"""Absolute tolerance of probabilities in fp32."""
TF32 = 5e-3
"""The same with TensorFloat-32, torch's default for convolutions."""


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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_metrics_are_those_of_the_cpu(architecture, stores, reference, tmp_path, full_precision):
    predict(Made(reference / architecture).model, stores["valid"], tmp_path, PREDICTION)
    with Store(stores["valid"]) as store:
        labels, table = store.labels(slice(0, store.loci_count)), store.targets
    given, expected = (
        target_metrics(table, labels, probabilities(folder, stores))[["auroc", "auprc"]]
        for folder in (tmp_path, reference / architecture)
    )
    assert expected.notna().all(axis=None)
    # No two loci change places.
    pd.testing.assert_frame_equal(given, expected, rtol=0, atol=1e-9)


def test_strands_are_averaged_on_the_device(full_precision):
    """The packed rows are unpacked by another algorithm there."""
    packed = torch.randint(0, 256, (8, 4, LENGTH // 8), dtype=torch.uint8)
    sequences = unpack(packed, LENGTH)
    assert torch.equal(unpack(packed.to(DEVICE), LENGTH).cpu(), sequences)
    network = random_network("compact")
    expected = inference.strand_averaged(network, sequences.float())
    given = inference.strand_averaged(network.to(DEVICE), sequences.float().to(DEVICE))
    torch.testing.assert_close(given.cpu(), expected, rtol=0, atol=FP32)
