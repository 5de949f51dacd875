"""Every page escapes its values, forbids requests, and refuses a template with an unknown name."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from seinfer.core.errors import MissingExtraError
from seinfer.models import extras
from seinfer.reports.html import template


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of templates with the real base page and style."""
    for name in ("base.html", "style.css"):
        (tmp_path / name).write_bytes((template._FOLDER / name).read_bytes())
    monkeypatch.setattr(template, "_FOLDER", tmp_path)
    (tmp_path / "page.html").write_text(
        '{% extends "base.html" %}{% block main %}<p title="{{ name }}">{{ name }}</p>{% endblock %}'
    )
    return tmp_path


def test_value_with_html_and_control_characters_is_escaped_and_visible(folder: Path) -> None:
    page = template.render_page("page.html", {"name": '<b>"x"\x1b[31m\u202e\n</b>'})
    assert "&lt;b&gt;&#34;x&#34;\\x1b[31m\\u202e\\n&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "\x1b" not in page


def test_unknown_name_is_an_error(folder: Path) -> None:
    import jinja2

    with pytest.raises(jinja2.UndefinedError, match="name"):
        template.render_page("page.html", {})


def test_policy_allows_only_the_script_of_the_page(folder: Path) -> None:
    (folder / "page.js").write_text("console.log(1);\n")
    page = template.render_page("page.html", {"name": "x"}, script="page.js")
    script = re.search(r"<script>(.*)</script>", page, re.S)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert f"script-src &#39;sha256-{digest}&#39;;" in policy[1]
    assert "default-src &#39;none&#39;" in policy[1]
    assert "media-src data: blob:;" in policy[1]


def test_page_without_script_forbids_all_scripts(folder: Path) -> None:
    page = template.render_page("page.html", {"name": "x"})
    assert "script-src &#39;none&#39;" in page
    assert "<script" not in page


def test_page_with_media_files_may_read_them(folder: Path) -> None:
    page = template.render_page("page.html", {"name": "x"}, has_media_files=True)
    assert "media-src data: blob: &#39;self&#39; file:;" in page


def test_missing_package_is_one_error_with_the_install_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "version_of", lambda name: "" if name == "jinja2" else "1")
    with pytest.raises(MissingExtraError, match=r"^an HTML report needs jinja2: .*pip install .*\[report\]"):
        template.render_page("page.html", {"name": "x"})
