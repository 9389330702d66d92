"""Prediction of stored windows."""
