"""Pages of the site for files of the repository that its pages link to.

On GitHub, a link such as ``../profiles/slurm/config.yaml`` opens that file. The site has a page
with the content of each file that is linked to, and the links lead there.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

_FOLDER = "repository"
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")
_FENCED = re.compile(r"^(```.*?^```[^\n]*\n?)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each linked file outside the folder of the documentation."""
    root, docs = Path(config.config_file_path).parent, Path(config.docs_dir).name
    waiting = [
        f"{docs}/{file.src_uri}" for file in files.documentation_pages() if not file.generated_by
    ]
    while waiting:
        place = waiting.pop()
        for target in _linked(place, (root / place).read_text(encoding="utf-8")):
            page = _page(target)
            if target.startswith(f"{docs}/") or files.get_file_from_path(page):
                continue
            text = (root / target).read_text(encoding="utf-8")
            if target.endswith(".md"):
                waiting.append(target)
                content = _moved(text, target, page, docs)
            else:
                kind = target.rpartition(".")[2]
                content = f"# {target}\n\n````{kind}\n{text}\n````\n"
            files.append(
                File.generated(config, page, content=content, inclusion=InclusionLevel.NOT_IN_NAV)
            )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the links of a page lead to the pages of the linked files."""
    if page.file.generated_by:
        return markdown
    docs = Path(config.docs_dir).name
    return _moved(markdown, f"{docs}/{page.file.src_uri}", page.file.src_uri, docs)


def _page(target: str) -> str:
    """The page of a file of the repository, relative to the folder of the documentation."""
    return f"{_FOLDER}/{target}" + ("" if target.endswith(".md") else ".md")


def _linked(place: str, text: str) -> list[str]:
    """Files of the repository that a file links to."""
    links = _LINK.findall(_FENCED.sub("", text))
    return [posixpath.normpath(posixpath.join(posixpath.dirname(place), link)) for link in links]


def _moved(text: str, place: str, page: str, docs: str) -> str:
    """The text of a file, with links as they are in the page of that file."""

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(place), found[1]))
        inside = target.startswith(f"{docs}/")
        new = target.removeprefix(f"{docs}/") if inside else _page(target)
        return posixpath.relpath(new, posixpath.dirname(page))

    parts = _FENCED.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)
