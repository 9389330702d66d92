"""The site loads nothing from other servers, so that it can be read without network access."""

import re

from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

_LOADED = re.compile(
    r"""<(?:script|img|iframe|link(?![^>]*rel="?(?:canonical|next|prev)))\b"""
    r"""[^>]*\b(?:src|href)="?(?:https?:)?//[^>]*>""",
    re.IGNORECASE,
)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Stop the build at a page that loads a script, style, image or frame of another server."""
    if found := _LOADED.search(output):
        raise PluginError(f"{page.file.src_uri}: loads {found[0]} from another server")
    return output
