"""Permissions of the user, where the tests run as root."""

import os
from contextlib import contextmanager


@contextmanager
def unprivileged():
    """Run as a user without root's permissions, even if the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.setresuid(1, 1, 0)
    try:
        yield
    finally:
        if root:
            os.setresuid(0, 0, 0)
