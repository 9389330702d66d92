"""The one error that is written for the person who runs the pipeline."""


class InputError(Exception):
    """Something that a person gave is not what the pipeline can work with.

    Parameters
    ----------
    where : str
        The file, row or configuration key.
    found : str
        What stands there.
    expected : str
        What should stand there.
    remedy : str
        What to do about it, as a sentence.
    """

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        self.where = str(where)
        self.found = found
        self.expected = expected
        self.remedy = remedy
        super().__init__(where, found, expected, remedy)

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; expected {self.expected}. {self.remedy}"
