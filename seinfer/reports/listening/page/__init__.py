"""The rating page: one HTML file per session that works without network, with its stimuli inside.

    questions.py   questions, labels and keys of each design
    pages.py       PublicTest + stimuli -> index.html, sessions/<session_id>.html
    templates/     HTML, style and script
        votes.js     rows of the rating file, storage in the browser
        player.js    playback, and how much of each stimulus was heard
        trial.js     one trial: buttons, questions, when a vote is complete
        session.js   order of the screens, keyboard

A page contains only what `PublicTest` contains: no model, no clip, no kind of a trial. It logs nothing.
"""

from .pages import write_pages

__all__ = ["write_pages"]
