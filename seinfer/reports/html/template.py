"""Rendering of a page from a Jinja2 template: one HTML file that loads nothing.

Three rules hold for every page. Each value is escaped for HTML, and its control characters are made visible (see
core/escape.py), without a filter in the template. A name that the template uses and that is not given is an error. The
content security policy of the page forbids every request, and every script except the one of the page itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.escape import visible
from ...models.extras import require_extra

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent / "templates"
_EMBEDDED, _FILES = "data: blob:", "data: blob: 'self' file:"


def render_page(
    template: str,
    values: Mapping[str, Any],
    *,
    style: str = "",
    script: str = "",
    has_media_files: bool = False,
) -> str:
    """Return a page as HTML.

    Args:
        template: file in templates/ that extends base.html.
        values: names that the template uses; `jinja2.Undefined` names are errors. Texts are escaped; a
            `markupsafe.Markup` is inserted as it is.
        style: file in templates/ with rules for this page, in addition to style.css.
        script: file in templates/ with the only script of the page; empty for a page without JavaScript.
        has_media_files: whether players may read files beside the page, not only data inside it.

    Raises:
        MissingExtraError: Jinja2 is not installed; the message contains the command that installs it.
    """
    require_extra("report", "an HTML report")
    from markupsafe import Markup

    source = _text(script) if script else ""
    css = _text("style.css") + (_text(style) if style else "")
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            page_style=Markup(css),
            page_script=Markup(source),
            page_policy=_policy(source, _FILES if has_media_files else _EMBEDDED),
        )
    )


def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )


def _visible(value: object) -> object:
    """Return what is written for a value of a template; a text is made visible, and then escaped by Jinja2."""
    return visible(value) if type(value) is str else value


def _policy(script: str, media: str) -> str:
    # Styles may be inline, because SVG figures have style attributes; without requests they can reach nothing.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; media-src {media}; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
