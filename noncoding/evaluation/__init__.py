"""The stage ``evaluate``: how well the test split is predicted."""
