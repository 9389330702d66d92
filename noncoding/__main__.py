"""``python -m noncoding``: the command ``noncoding``."""

from noncoding.cli.app import main

main()
