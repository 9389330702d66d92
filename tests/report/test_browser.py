"""Search and sorting of the table of targets in headless Chromium."""

import re
import shutil
import subprocess

import pytest

from noncoding.stages.report import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
CONFIGURATION = {"datasets": {"tiny": {"source": "genome", "splits": {"test": ["VIII"]}}}}
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def after(page, actions, tmp_path):
    """Indices of the rows that are shown, and the text with their number."""
    changed = tmp_path / "changed.html"
    script = f"""<script>
const table = document.getElementById("target-table");
const search = document.getElementById("target-search");
const click = (text) => Array.from(table.querySelectorAll("thead button"))
  .find((button) => button.textContent.trim() === text).click();
const type = (text) => {{ search.value = text; search.dispatchEvent(new Event("input")); }};
{actions}
document.title = JSON.stringify([
  Array.from(table.tBodies[0].rows).filter((row) => !row.hidden)
    .map((row) => row.cells[0].textContent),
  document.getElementById("target-count").textContent,
]);
</script></body>"""
    changed.write_text(page.read_text().replace("</body>", script))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", changed.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    names, count = re.search(r"<title>\[\[(.*?)\],\"(.*?)\"\]</title>", done.stdout).groups()
    return re.findall(r"\d+", names), count


@pytest.mark.parametrize(
    ("actions", "rows", "count"),
    [
        ("", ["0", "1", "2"], "3 of 3 shown"),
        ("type('hepg2');", ["2"], "1 of 3 shown"),
        ("type('TF reb');", ["0"], "1 of 3 shown"),
        ("click('Positives'); click('Positives');", ["2", "1", "0"], "3 of 3 shown"),
        # Missing values come last in either order.
        ("click('AUROC'); click('AUROC');", ["1", "0", "2"], "3 of 3 shown"),
        ("click('AUROC');", ["0", "1", "2"], "3 of 3 shown"),
        ("click('Index'); type('k562');", ["0"], "1 of 3 shown"),
    ],
)
def test_the_table_is_searched_and_sorted(tree, tmp_path, actions, rows, count):
    report(tree.root, ["small"], CONFIGURATION)
    assert after(tree.page, actions, tmp_path) == (rows, count)
