"""Attribution: which bases drive a prediction."""
