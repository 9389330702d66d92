import pytest
import torch

from noncoding.common.errors import InputError
from noncoding.prediction.inference import devices


def test_more_devices_than_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices("auto") == [torch.device("cuda", 0), torch.device("cuda", 1)]
    with pytest.raises(InputError, match="at most 2, the number of GPUs"):
        devices(3)
