import sys
from pathlib import Path

import torch
from hypothesis import settings

# Helpers that several test folders share stand beside this file.
sys.path.insert(0, str(Path(__file__).parent))

# Tiny batches are slower on several threads, and slowest where cores are shared.
torch.set_num_threads(1)

# How long an example takes says nothing of whether it is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
