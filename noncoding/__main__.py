"""``python -m noncoding``: the command ``noncoding``."""

from noncoding.cli.app import main

if __name__ == "__main__":
    main()
