"""The configuration: read, checked as a whole before anything runs, and what follows from it."""
