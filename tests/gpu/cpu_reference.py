"""Trainings and predictions of the CPU. python cpu_reference.py FOLDER, with FOLDER/stores.json."""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

    import running
    import torch
    from gpu import ARCHITECTURES, TRAINING
    from toy_store import PREDICTION

    from noncoding.stages.predict import predict

    assert not torch.cuda.is_available()
    folder = Path(sys.argv[1])
    stores = json.loads((folder / "stores.json").read_text())
    for architecture, sizes in ARCHITECTURES.items():
        settings = TRAINING | {"precision": "32-true"}
        made = running.run(folder / architecture, stores, sizes, settings)
        predict(made.model, stores["valid"], folder / architecture, PREDICTION)
