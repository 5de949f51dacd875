"""Hooks of mkdocs: add the generated page, and replace the markers in the other pages by generated text.

Markers:
    <!-- facts: NAME -->   the facts about the metric NAME
    <!-- models -->        the table of the models
    <!-- licences -->      the table of their licences, and how each was verified
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from seinfer.metrics.table import METRICS
from tools.docs_reference import commands_page, licence_table, metric_facts, model_table

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

COMMANDS = "commands.md"
_FACTS = re.compile(r"<!-- facts: (\w+) -->")
_TABLES = {"<!-- models -->": model_table, "<!-- licences -->": licence_table}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of the commands."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, COMMANDS, content=commands_page()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the markers of a page."""
    return with_generated(markdown)


def with_generated(markdown: str) -> str:
    """Return a page with its markers replaced.

    Raises:
        KeyError: a marker names a metric that does not exist.
    """
    text = _FACTS.sub(lambda found: metric_facts(METRICS[found[1]]), markdown)
    for marker, table in _TABLES.items():
        if marker in text:
            text = text.replace(marker, table())
    return text
