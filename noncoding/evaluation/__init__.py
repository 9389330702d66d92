"""Evaluation: metrics, intervals, calibration, baselines and comparisons."""
