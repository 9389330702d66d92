"""The page of `noncoding.stages.report`, parsed."""

from html.parser import HTMLParser
from pathlib import Path

from noncoding.stages.report import report

CONFIGURATION = {
    "datasets": {
        "tiny": {
            "source": "genome",
            "splits": {"train": None, "valid": ["VII"], "test": ["VIII", "IX"], "ignore": ["Mito"]},
        }
    },
    "train": {"epochs": 7, "batch_size": 8, "learning_rate": 0.002},
}
VOID = {"meta", "img", "input", "br", "link"}


class Page(HTMLParser):
    """Elements in order, text outside of style, script and figures, and cells of tables."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script", "svg"} & set(self.open):
            self.words.append(data)
            if {"th", "td"} & set(self.open):
                self.tables[-1][-1][-1] += f" {data.strip()}"

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def table(self, *headings: str) -> list[list[str]]:
        """Rows of the only table with these headings, without white space at both ends."""
        [rows] = [
            rows for rows in self.tables if set(headings) <= {text.strip() for text in rows[0]}
        ]
        return [[" ".join(text.split()) for text in row] for row in rows[1:]]


def made(tree, *models: str, applied=(), genome_wide=False) -> Page:
    chosen = models or ["small"]
    report(tree.root, chosen, CONFIGURATION, applied, genome_wide=genome_wide)
    return Page(tree.page)
