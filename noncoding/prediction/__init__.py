"""The stage ``predict``: strand-averaged probabilities of a split."""
