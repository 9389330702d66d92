"""From stores to shuffled batches, packed until they reach the device that trains."""

from noncoding.data.loader.augment import Views, augment, random_views
from noncoding.data.loader.batches import OrderedBatches, ShuffledBatches
from noncoding.data.loader.data import SplitsDataModule
from noncoding.data.loader.order import BatchPlan, EpochOrder
from noncoding.data.loader.rows import PackedBatch, RowsInMemory, RowsOnDisk, residence

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
