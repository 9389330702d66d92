"""The typed configuration: one model per section, checked as a whole before anything runs."""
