"""Writes the pages of a test: `index.html` for a list of the sessions, and one page per session."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ....core.errors import RunFolderError
from ....core.files import write_text
from ....core.records import to_json
from ..records import RATING_COLUMNS, PublicSession, PublicTest
from .questions import questions_of

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).with_name("templates")
_SCRIPTS = ("votes.js", "player.js", "trial.js", "session.js")


def write_pages(test: PublicTest, folder: Path) -> None:
    """Write `index.html` and `sessions/<session_id>.html`, each complete in one file.

    Args:
        test: the public part of the test.
        folder: the test folder, with `stimuli/<stimulus_id>.wav`.

    Raises:
        RunFolderError: a stimulus cannot be read, or a page cannot be written.
    """
    environment = _environment()
    style = _text("style.css")
    (folder / "sessions").mkdir(exist_ok=True)
    index = environment.get_template("index.html").render(test=test, style=style, policy=_policy(style))
    write_text(folder / "index.html", index)
    for session in test.sessions:
        page = _session_page(environment, test, session, folder / "stimuli")
        write_text(folder / "sessions" / f"{session.session_id}.html", page)


def _session_page(environment: jinja2.Environment, test: PublicTest, session: PublicSession, stimuli: Path) -> str:
    style, script = _text("style.css"), "\n".join(map(_text, _SCRIPTS))
    return environment.get_template("session.html").render(
        test=test,
        session=session,
        n_training=sum(trial.is_training for trial in session.trials),
        style=style,
        script=script,
        policy=_policy(style, script),
        config=_for_script(_config(test, session)),
        stimuli={name: _base64(stimuli / f"{name}.wav") for name in _names(session)},
    )


def _names(session: PublicSession) -> Iterable[str]:
    """Return every stimulus of a session once, sorted, so that the order in the file tells nothing."""
    return sorted({name for trial in session.trials for name in (*trial.stimuli, trial.reference) if name})


def _config(test: PublicTest, session: PublicSession) -> dict[str, object]:
    questions = questions_of(test.design, is_background_first=session.is_background_first)
    return {
        "test_id": test.test_id,
        "key_sha256": test.key_sha256,
        "session_id": session.session_id,
        "design": test.design,
        "page_version": test.page_version,
        "columns": RATING_COLUMNS,
        "questions": [to_json(question) for question in questions],
        "trials": [to_json(trial) for trial in session.trials],
    }


def _base64(path: Path) -> str:
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be read: {error.strerror or error}; make the test again, into a new folder"
        ) from error


def _policy(style: str, script: str = "") -> str:
    """Return the content security policy: no request at all, and no script or style but those of the page."""
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; media-src blob: data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" if text else "'none'"


def _for_script(values: object) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    return json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
