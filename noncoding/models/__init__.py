"""Networks, their initialisation, and the folder that a trained one is exported to."""
