"""The stage ``train``: from stores to an exported model."""
