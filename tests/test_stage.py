import logging

import pytest

from noncoding.errors import InputError
from noncoding.stage import logged_stage


def test_bad_input_ends_in_one_clear_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        raise InputError("file.bed, line 3", "2 columns", "at least 3", "Correct the line.")
    assert ended.value.code == 1
    message = "file.bed, line 3: found 2 columns; expected at least 3. Correct the line."
    assert message in (tmp_path / "log").read_text()
    assert message in capsys.readouterr().err
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_is_unexpected_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding.somewhere").info("before")
        _ = 1 / 0
    text = (tmp_path / "log").read_text()
    assert "INFO before" in text
    assert "ZeroDivisionError" in text
