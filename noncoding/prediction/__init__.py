"""Prediction: probabilities of stored windows."""
