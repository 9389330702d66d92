"""Attribution: which bases drive a prediction.

In all modules, `network` is in evaluation mode and on any device, `sequences` are one-hot,
shape=(n, 4, length), dtype=uint8, in the order A, C, G, T, and `target` is the index of a logit.
"""
