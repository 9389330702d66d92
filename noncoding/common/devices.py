"""Number of GPUs that a setting asks for."""

from noncoding.common.errors import InputError
from noncoding.common.wording import counted


def number_of_gpus(wanted: int | str, there: int, key: str) -> int:
    """Number of GPUs to use of those that are there, ``auto`` for all.

    Raises
    ------
    InputError
        There are fewer than ``key`` in the configuration asks for.
    """
    number = there if wanted == "auto" else int(wanted)
    if number > there:
        raise InputError(
            f"configuration, key {key}",
            f"{number} devices, on a machine with {counted(there, 'GPU')}",
            f"at most {there}, the number of GPUs; processes do not share one",
            f"Set {key} to {there} or auto, or request more GPUs.",
        )
    return number
