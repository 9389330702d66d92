import errno
import gzip
import os
import resource
import signal

import pytest

from noncoding.common.bgzip import new_bgzip
from noncoding.common.system_errors import as_input_error


def test_the_content_is_that_which_was_written(tmp_path):
    content = os.urandom(200_000)
    with new_bgzip(tmp_path / "x.gz") as file:
        file.write(content)
    assert gzip.decompress((tmp_path / "x.gz").read_bytes()) == content


def test_a_failed_write_has_the_error_of_the_system(tmp_path, capfd):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with (
            pytest.raises(OSError, match="File too large") as raised,
            new_bgzip(tmp_path / "x.gz") as file,
        ):
            file.write(os.urandom(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert raised.value.errno == errno.EFBIG
    assert "maximum size" in str(as_input_error(raised.value))
    assert capfd.readouterr().err == ""
