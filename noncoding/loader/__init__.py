"""From stores to shuffled batches, packed until they reach the device that trains."""

from noncoding.loader.augment import Views, augment, random_views
from noncoding.loader.batches import OrderedBatches, ShuffledBatches
from noncoding.loader.data import SplitsDataModule
from noncoding.loader.order import BatchPlan, EpochOrder
from noncoding.loader.rows import PackedBatch, RowsInMemory, RowsOnDisk, residence

__all__ = [
    "BatchPlan",
    "EpochOrder",
    "OrderedBatches",
    "PackedBatch",
    "RowsInMemory",
    "RowsOnDisk",
    "ShuffledBatches",
    "SplitsDataModule",
    "Views",
    "augment",
    "random_views",
    "residence",
]
