"""Every file of tests is collected: pytest leaves out folders that are called ``build``."""

from pathlib import Path

import pytest


def collected(folder):
    """Files of tests that pytest finds in a folder, and in those below it."""
    for node in folder.collect():
        if isinstance(node, pytest.Directory):
            yield from collected(node)
        else:
            yield node.path


def missed(request, root):
    """Files of the folder tests that are named like tests and that pytest does not find."""
    folders = [root / name for name in request.config.getini("testpaths")]
    found = {
        path
        for folder in folders
        for path in collected(pytest.Dir.from_parent(request.session, path=folder))
    }
    return {
        path.relative_to(root).as_posix() for path in {*(root / "tests").rglob("test_*.py")} - found
    }


def test_every_file_of_tests_is_collected(request):
    root = Path(__file__).parents[1]
    assert (root / "tests" / "workflow").is_dir()
    assert missed(request, root) == set()


def test_a_file_that_is_not_collected_is_found(request, tmp_path):
    for name in ("tests/test_one.py", "tests/build/test_two.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def test_nothing():\n    pass\n")
    assert missed(request, tmp_path) == {"tests/build/test_two.py"}
