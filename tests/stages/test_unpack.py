import bz2
import gzip
import io
import lzma
import random
import resource
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import scipy.io

from noncoding.common.errors import InputError
from noncoding.common.stage_logging import as_input_error
from noncoding.stages.unpack import unpack

TRAIN = random.Random(1).randbytes(300_000)
TEST = b"small"


def regular(name, body):
    member = tarfile.TarInfo(name)
    member.size = len(body)
    return member, body


def special(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member, b""


class Sparse(tarfile.TarInfo):
    """A member in GNU's old format, which declares 4 GiB without content."""

    def tobuf(self, *arguments):
        header = bytearray(super().tobuf(tarfile.GNU_FORMAT))
        header[156:157] = tarfile.GNUTYPE_SPARSE
        header[386:410] = b"00000000000\0" * 2
        header[483:495] = b"%011o\0" % (4 << 30)
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        return bytes(header)


def sparse(name):
    return Sparse(name), b""


OFFICIAL = [
    special("deepsea_train", tarfile.DIRTYPE),
    regular("deepsea_train/._train.mat", b"left by a Mac"),
    regular("deepsea_train/train.mat", TRAIN),
    regular("deepsea_train/readme.txt", b"not asked for"),
    regular("deepsea_train/test.mat", TEST),
]


def tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, body in members:
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


@pytest.fixture
def wanted(tmp_path):
    """Two final names; there is a file under the first."""
    wanted = {"train.mat": tmp_path / "out" / "a.mat", "test.mat": tmp_path / "out" / "b.mat"}
    wanted["train.mat"].parent.mkdir()
    wanted["train.mat"].write_bytes(b"from before")
    return wanted


def refused(tmp_path, wanted, content):
    """The message; asserts that nothing was written."""
    archive = tmp_path / "bundle.tar.gz"
    archive.write_bytes(content)
    with pytest.raises(InputError) as caught:
        unpack(archive, wanted)
    assert wanted["train.mat"].read_bytes() == b"from before"
    assert list(wanted["train.mat"].parent.iterdir()) == [wanted["train.mat"]]
    assert str(archive) in caught.value.where
    return str(caught.value)


@pytest.mark.parametrize(
    "compress",
    [bytes, gzip.compress, bz2.compress, lzma.compress],
    ids=["plain", "gz", "bz2", "xz"],
)
def test_extracts_requested_members_only(tmp_path, wanted, compress):
    archive = tmp_path / "bundle"
    archive.write_bytes(compress(tar(OFFICIAL)))
    unpack(archive, wanted)
    assert wanted["train.mat"].read_bytes() == TRAIN
    assert wanted["test.mat"].read_bytes() == TEST
    assert sorted(path.name for path in wanted["train.mat"].parent.iterdir()) == ["a.mat", "b.mat"]


@pytest.mark.parametrize("kept", [0.01, 0.5, 0.999])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_truncated(tmp_path, wanted, compress, kept):
    whole = compress(tar(OFFICIAL))
    message = refused(tmp_path, wanted, whole[: int(len(whole) * kept)])
    assert "cut short" in message
    assert "Delete it and run fetch again" in message


def test_truncated_checksum(tmp_path, wanted):
    assert "cut short" in refused(tmp_path, wanted, gzip.compress(tar(OFFICIAL))[:-4])


def test_truncated_plain_tar(tmp_path, wanted):
    assert "cut short" in refused(tmp_path, wanted, tar(OFFICIAL)[:100_000])


def test_damage_that_only_the_checksum_detects(tmp_path, wanted):
    # Stored, not deflated: a changed byte is still a valid stream.
    content = bytearray(gzip.compress(tar(OFFICIAL), compresslevel=0))
    content[100_000] ^= 1
    assert "damaged" in refused(tmp_path, wanted, bytes(content))


@pytest.mark.parametrize(
    "content",
    [b"", b"<!DOCTYPE html><title>Not found</title>" * 50, gzip.compress(TRAIN), b"\x1f\x8bjunk"],
    ids=["empty", "html", "gzip of no tar", "no gzip"],
)
def test_not_an_archive(tmp_path, wanted, content):
    message = refused(tmp_path, wanted, content)
    assert "not a tar archive" in message
    assert "Delete it and run fetch again" in message


def test_a_mat_file_in_place_of_an_archive(tmp_path, wanted):
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"a": 1})
    assert "found a .mat file" in refused(tmp_path, wanted, buffer.getvalue())


def test_missing_archive(tmp_path, wanted):
    with pytest.raises(InputError, match=r"nowhere\.tar.*No such file.*run fetch"):
        unpack(tmp_path / "nowhere.tar", wanted)


@pytest.mark.parametrize(
    ("member", "found"),
    [
        (regular("../test.mat", TEST), "outside the destination"),
        (regular("a/../../test.mat", TEST), "outside the destination"),
        (regular("/data/test.mat", TEST), "an absolute path"),
        (special("a/test.mat", tarfile.SYMTYPE, "/etc/passwd"), "a link"),
        (special("a/test.mat", tarfile.LNKTYPE, "deepsea_train/train.mat"), "a link"),
        (special("a/test.mat", tarfile.FIFOTYPE), "a special file"),
        (special("a/test.mat", tarfile.CHRTYPE), "a special file"),
        (special("a/test.mat", tarfile.BLKTYPE), "a special file"),
        (special("a/test.mat", tarfile.DIRTYPE), "a link or a folder"),
        (sparse("a/test.mat"), "a sparse file"),
    ],
)
def test_refuses_members_that_are_not_regular_files_inside(tmp_path, wanted, member, found):
    message = refused(tmp_path, wanted, tar([*OFFICIAL[:-1], member]))
    assert found in message
    assert f"member '{member[0].name}'" in message


def test_ignores_other_members(tmp_path, wanted):
    archive = tmp_path / "bundle.tar"
    archive.write_bytes(tar([special("link", tarfile.SYMTYPE, "/etc/passwd"), *OFFICIAL]))
    unpack(archive, wanted)
    assert wanted["test.mat"].read_bytes() == TEST


def test_missing_member_lists_the_others(tmp_path, wanted):
    others = [regular(f"part{number}", b"") for number in range(12)]
    message = refused(tmp_path, wanted, tar([OFFICIAL[2], *others]))
    assert "13 members: ['deepsea_train/train.mat', 'part0'," in message
    assert "'part8'] and 3 more" in message
    assert "a member named test.mat" in message


def test_duplicate(tmp_path, wanted):
    message = refused(tmp_path, wanted, tar([*OFFICIAL, regular("copy/test.mat", TEST)]))
    assert "member 'copy/test.mat'" in message
    assert "after 'deepsea_train/test.mat'" in message


def with_names(*names):
    """An archive of empty files with long names in additional headers."""
    return tar([regular(name, b"") for name in names])


def with_attributes(**attributes):
    """An archive with a member that has attributes in POSIX format."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a/train.mat")
        member.pax_headers = attributes
        archive.addfile(member)
    return buffer.getvalue()


def many_headers(count):
    """Nested headers, which tarfile reads recursively."""
    member = tarfile.TarInfo("x")
    member.type = tarfile.XHDTYPE
    member.size = 11
    return (member.tobuf() + b"11 comment=" + bytes(501)) * count


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (with_names("n" * (3 << 20)), "a header of more than 1,048,576 bytes"),
        (with_attributes(comment="n" * (3 << 20)), "a header of more than 1,048,576 bytes"),
        (many_headers(900), "damaged"),
        (with_attributes(size="99999999999999"), "cut short"),
        (with_attributes(size="none"), "a member named"),
        (with_attributes(path="../../train.mat"), "outside the destination"),
    ],
)
def test_invalid_headers(tmp_path, wanted, content, fragment):
    message = refused(tmp_path, wanted, gzip.compress(content))
    assert fragment in message
    assert len(message) < 1000


def test_a_long_header_after_a_large_member(tmp_path, wanted):
    members = [OFFICIAL[2], regular("x" * (3 << 20), b""), OFFICIAL[4]]
    assert "a header of more than" in refused(tmp_path, wanted, tar(members))


def test_member_names_are_shortened_and_escaped(tmp_path, wanted):
    names = ["a\n\x1b[31mERROR ok", "\u202etam.niart", *(f"{i}{'n' * 60_000}" for i in range(10))]
    message = refused(tmp_path, wanted, with_names(*names))
    assert r"'a\n\x1b[31mERROR ok', '\u202etam.niart'" in message
    assert message.isprintable()
    assert len(message) < 2000


def test_full_disk(tmp_path, wanted):
    archive = tmp_path / "bundle.tar"
    archive.write_bytes(tar(OFFICIAL))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            unpack(archive, wanted)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert wanted["train.mat"].read_bytes() == b"from before"
    assert list(wanted["train.mat"].parent.iterdir()) == [wanted["train.mat"]]


KILLED_AT_THE_SECOND_MEMBER = """
import os, signal, sys
from noncoding.data import archive
from noncoding.stages import unpack

chunks = archive.Member.chunks

def killed(member):
    if member.name.endswith("/test.mat"):  # the first has been written
        os.kill(os.getpid(), signal.SIGKILL)
    return chunks(member)

archive.Member.chunks = killed
unpack.unpack(sys.argv[1], dict(zip(["train.mat", "test.mat"], sys.argv[2:])))
"""


def test_killed_while_extracting_keeps_existing_files(tmp_path, wanted):
    archive = tmp_path / "bundle.tar.gz"
    archive.write_bytes(gzip.compress(tar(OFFICIAL)))
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_THE_SECOND_MEMBER, archive, *wanted.values()],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert wanted["train.mat"].read_bytes() == b"from before"
    assert not wanted["test.mat"].exists()

    unpack(archive, wanted)
    assert wanted["train.mat"].read_bytes() == TRAIN
    assert wanted["test.mat"].read_bytes() == TEST


def test_nowhere_to_write(tmp_path):
    archive = tmp_path / "bundle.tar"
    archive.write_bytes(tar(OFFICIAL))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError) as caught:
        unpack(archive, {"test.mat": Path(tmp_path / "file" / "test.mat")})
    assert "a file in place of a folder" in str(as_input_error(caught.value))
