"""The stage ``compare``: our models, baselines and published results, target by target."""
