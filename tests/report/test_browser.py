"""The table of targets in headless Chromium, searched and sorted as a person does."""

import re
import shutil
import subprocess

import pytest

from noncoding.stages.report import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
CONFIGURATION = {"datasets": {"tiny": {"source": "genome", "splits": {"test": ["VIII"]}}}}
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def shown_after(page, actions, tmp_path):
    """Names of the rows that are shown, and what the page says of their number."""
    acted = tmp_path / "acted.html"
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
    acted.write_text(page.read_text().replace("</body>", script))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", acted.as_uri()]
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
        # What has no value stands last in either order.
        ("click('AUROC'); click('AUROC');", ["1", "0", "2"], "3 of 3 shown"),
        ("click('AUROC');", ["0", "1", "2"], "3 of 3 shown"),
        ("click('Index'); type('k562');", ["0"], "1 of 3 shown"),
    ],
)
def test_the_table_is_searched_and_sorted(tree, tmp_path, actions, rows, count):
    report("tiny", CONFIGURATION, **tree.folders("small"))
    assert shown_after(tree.page, actions, tmp_path) == (rows, count)
