"""Ratings from the result files of microsoft/P.808 (src/result_parser.py, docs/results.md).

    *_votes_per_worker_sig.csv  a line per vote: workerid, file, vote
    *_votes_per_clip_sig.csv    a line per clip: file_url, vote_1, vote_2, ...; the raters are not in it

and the same with bak and ovrl; without a suffix for CCR. Votes per clip are in the order of the submissions, so that
vote_3 of a clip is from one rater in all three files, but nobody knows which: each is then counted as a rater of its
own. That makes the crossed interval too narrow; the files per worker do not have this fault.

The program puts its own sessions together and sorts out raters itself. Each rater is given a session of our test, as
long as there are more, and each vote the trial of that session in which its clip is rated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ....core.errors import UsageError
from ..records import SCALES, Key
from .p808 import DESIGNS, rated_pairs
from .votes import Line, Vote, lines_of, rating_of

_VOTE = re.compile(r"vote_(\d+)")
_SUFFIX = re.compile(r"_(sig|bak|ovrl)\.csv$", re.IGNORECASE)


class P808Results:
    """Turns lines of result files into votes.

    Attributes:
        has_unknown_raters: whether a file had no raters.
    """

    def __init__(self, key: Key) -> None:
        """Prepare the ids of the test in the key.

        Raises:
            UsageError: P.808 has no method for the design.
        """
        if key.test.design not in DESIGNS:
            raise UsageError(f"P.808 has no results for the design {key.test.design}; expected {', '.join(DESIGNS)}")
        self.has_unknown_raters = False
        self._design = key.test.design
        self._test_id = key.test.test_id
        self._references = rated_pairs(key) if self._design == "ccr" else {}
        self._places: dict[str, dict[str, tuple[int, tuple[str, ...]]]] = {}
        self._sessions: dict[str, str] = {}
        for session in key.test.sessions:
            for number, (trial, kind) in enumerate(zip(session.trials, key.kinds[session.session_id], strict=True), 1):
                for one in trial.stimuli if kind != "training" else ():
                    if self._design == "p835" or (kind == "test" and one in self._references):
                        places = self._places.setdefault(one, {})
                        places.setdefault(session.session_id, (number, trial.stimuli))

    def votes(self, paths: Iterable[Path]) -> Iterator[Vote]:
        """Yield the votes in these files.

        Raises:
            UsageError: a file or a line is not from this test.
        """
        for path in paths:
            scale = self._scale(path)
            lines = lines_of(path, ())
            columns = list(lines[0].cells)
            if "workerid" in columns:
                yield from self._per_worker(lines_of(path, ("workerid", "file", "vote")), scale)
            else:
                self.has_unknown_raters = True
                numbered = [name for name in columns if _VOTE.fullmatch(name)]
                if not numbered:
                    raise UsageError(
                        f"{path} has neither a column workerid nor vote_1; expected votes per worker or clip"
                    )
                yield from self._per_clip(lines_of(path, ("file_url",)), numbered, scale)

    def _scale(self, path: Path) -> str:
        found = _SUFFIX.search(path.name)
        if self._design == "ccr":
            return "CCR"
        if not found:
            raise UsageError(
                f"{path}: its name does not end in _sig.csv, _bak.csv or _ovrl.csv, so its scale is unknown"
            )
        return next(scale for scale in SCALES["p835"] if scale == found[1].upper())

    def _per_worker(self, lines: Iterable[Line], scale: str) -> Iterator[Vote]:
        for line in lines:
            if not line["workerid"]:
                raise line.error("workerid is empty; expected the rater")
            yield self._vote(line, line["workerid"], line["file"], "vote", scale)

    def _per_clip(self, lines: Iterable[Line], columns: Sequence[str], scale: str) -> Iterator[Vote]:
        for line in lines:
            for column in columns:
                if line[column]:
                    rater = f"unknown-{_stem(line['file_url'])}-{column.removeprefix('vote_')}"
                    yield self._vote(line, rater, line["file_url"], column, scale)

    def _vote(self, line: Line, rater: str, url: str, column: str, scale: str) -> Vote:
        name = _stem(url)
        if name not in self._places:
            raise line.error(f"the clip is {url!r}, and {name!r} is no rated stimulus of the test {self._test_id}")
        session_id = self._session_of(rater, name)
        number, stimuli = self._places[name][session_id]
        rating = rating_of(line, column, self._design)
        if self._design == "ccr":
            signed = rating if name == stimuli[-1] else -rating
            return Vote(line, rater, session_id, number, 0, stimuli[-1], scale, signed)
        return Vote(line, rater, session_id, number, 1, name, scale, rating)

    def _session_of(self, rater: str, stimulus_id: str) -> str:
        """Return the session that the votes of a rater are given: one of their own as long as there is one."""
        places = self._places[stimulus_id]
        own = self._sessions.get(rater, "")
        if own in places:
            return own
        taken = set(self._sessions.values())
        free = next((session for session in places if session not in taken), next(iter(places)))
        self._sessions.setdefault(rater, free)
        return free


def _stem(url: str) -> str:
    """Return the name of a file without suffix, from its address."""
    return PurePosixPath(urlsplit(url.strip()).path).stem
