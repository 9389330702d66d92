"""Files that state the version state the same one."""

import re
from pathlib import Path

import yaml
from packaging.version import Version

ROOT = Path(__file__).parents[1]
VERSION = (ROOT / "noncoding" / "VERSION").read_text().strip()
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ENTRIES = re.findall(
    r"^## \[(.+)\] - (\d{4}-\d{2}-\d{2})$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
)
"""Versions and dates of the change log."""


def test_the_citation_is_of_this_version_and_the_newest_entry_of_the_change_log():
    assert str(CITATION["version"]) == VERSION
    assert ENTRIES[0] == (VERSION, str(CITATION["date-released"]))


def test_the_change_log_has_each_version_once_and_the_newest_first():
    versions = [Version(version) for version, _ in ENTRIES]
    dates = [date for _, date in ENTRIES]
    assert versions == sorted(set(versions), reverse=True)
    assert dates == sorted(dates, reverse=True)


def test_images_have_the_tag_of_this_version():
    for name in ("Dockerfile", "README.md", "profiles/kubernetes/config.yaml"):
        tags = re.findall(r"\bnoncoding:(\d[\w.]*)", (ROOT / name).read_text())
        assert set(tags) == {VERSION}, name
