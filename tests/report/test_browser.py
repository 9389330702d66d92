"""Controls, accessibility and layout of the page in headless Chromium."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from noncoding.stages.report import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
AXE = Path(__file__).parent / "axe" / "axe.min.js"
CONFIGURATION = {
    "datasets": {"tiny": {"source": "genome", "splits": {"train": None, "test": ["VIII"]}}}
}
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def result_of(page, script, *options, query=""):
    """What a script at the end of a page passes to ``done``."""
    changed, profile = page.with_name("changed.html"), page.with_name("profile")
    added = f"""<script>
const done = (result) => {{
  const out = document.createElement("pre");
  out.id = "result";
  out.textContent = JSON.stringify(result);
  document.body.append(out);
}};
{script}
</script></body>"""
    head, end = page.read_text(encoding="utf-8").rsplit("</body>", 1)
    changed.write_text(head + added + end, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=100000", f"--user-data-dir={profile}", *options]
    ran = subprocess.run(
        [*command, changed.as_uri() + query], capture_output=True, check=True, timeout=300
    )
    [found] = re.findall(r'<pre id="result">(.*?)</pre>', ran.stdout.decode(), re.DOTALL)
    return json.loads(html.unescape(found))


def after(page, actions, query=""):
    """Indices of the rows that are shown, the text with their number, and the page's address."""
    script = f"""
const table = document.getElementById("target-table");
const search = document.getElementById("target-search");
const click = (text) => Array.from(table.querySelectorAll("thead button"))
  .find((button) => button.textContent.trim() === text).click();
const type = (text) => {{ search.value = text; search.dispatchEvent(new Event("input")); }};
{actions}
done([
  Array.from(table.tBodies[0].rows).filter((row) => !row.hidden)
    .map((row) => row.cells[0].textContent),
  document.getElementById("target-count").textContent,
  location.search + location.hash,
]);"""
    return result_of(page, script, query=query)


@pytest.fixture
def page(tree):
    report(tree.root, ["small"], CONFIGURATION)
    return tree.page


@pytest.fixture
def page_of_two_models(tree):
    tree.add_model("large", mean_auprc=0.41, truth=0.95)
    tree.rank("large", "small")
    models = ["small", "large"]
    for model in models:
        tree.evaluate_genome_wide(model)
    applied = [*tree.apply("small"), *tree.apply("large")]
    report(tree.root, models, CONFIGURATION, applied, genome_wide=True)
    return tree.page


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
def test_the_table_is_searched_and_sorted(page, actions, rows, count):
    assert after(page, actions)[:2] == [rows, count]


def test_the_address_keeps_search_and_order(page):
    actions = "click('AUROC'); click('AUROC'); type('tf & k562');"
    rows, count, address = after(page, actions, "#targets")
    assert (rows, count) == ([], "0 of 3 shown")
    assert address == "?search=tf+%26+k562&sort=AUROC&order=ascending#targets"
    restored = after(page, "", "?search=tf&sort=AUROC&order=ascending#targets")
    assert restored[:2] == [["1", "0", "2"], "3 of 3 shown"]
    # Without search and order, the address has neither; what others put there stays.
    cleared = after(page, "type('');", "?search=k562&theme=x")
    assert cleared == [["0", "1", "2"], "3 of 3 shown", "?theme=x"]
    assert after(page, "", "?sort=Nothing&order=ascending")[0] == ["0", "1", "2"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page_of_two_models, scheme):
    script = f"""{AXE.read_text(encoding="utf-8")}
document.querySelectorAll("details").forEach((details) => {{ details.open = true; }});
axe.run().then((found) => done([
  matchMedia("(prefers-color-scheme: dark)").matches,
  found.passes.length,
  found.violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.html)]),
]));"""
    option = f"--blink-settings=preferredColorScheme={1 if scheme == 'light' else 0}"
    dark, passed, violations = result_of(page_of_two_models, script, option)
    assert dark == (scheme == "dark")
    assert passed > 20 and violations == []


@pytest.mark.parametrize(("width", "collapsed"), [(1200, False), (800, True)])
def test_contents_stay_beside_the_page_or_collapse_above_it(page_of_two_models, width, collapsed):
    script = """
scrollTo({ top: 900, behavior: "instant" });
const contents = document.querySelector("nav");
done({
  scrolled: scrollY,
  top: contents.getBoundingClientRect().top,
  open: contents.querySelector("details").open,
  beside: contents.getBoundingClientRect().right
    <= document.querySelector("main").getBoundingClientRect().left,
  cut: document.documentElement.scrollWidth > innerWidth,
});"""
    found = result_of(page_of_two_models, script, f"--window-size={width},900")
    assert found.pop("open") == found.pop("beside") == (not collapsed)
    assert found == {"scrolled": 900, "top": 0, "cut": False}


def test_everything_is_open_on_paper_and_as_before_afterwards(page):
    script = """
const closed = () => document.querySelectorAll("main details:not([open])").length;
const counts = [closed()];
for (const name of ["beforeprint", "afterprint"]) {
  dispatchEvent(new Event(name));
  counts.push(closed());
}
done(counts);"""
    before, printed, afterwards = result_of(page, script)
    assert before == afterwards > 0 and printed == 0
