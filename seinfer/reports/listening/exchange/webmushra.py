"""Configuration of webMUSHRA (audiolabs/webMUSHRA@07130f2, doc/experimenter.md): one YAML file per session.

    mushra  a page `mushra` per trial. webMUSHRA adds the hidden reference itself, so ours is left out; it always comes
            last unless `randomize` is true
    p835    three pages `likert_single_stimulus` per trial: P.835 presents each sample once for each scale
    abx     a page `paired_comparison` per trial: its reference is A or B, and the rater says which of the two it is
    ccr,ab  webMUSHRA has no page for them

The file of results of likert and comparison pages does not name the session of the rater, so that the last page asks
for the rater id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....core.errors import UsageError
from ..page.questions import Question, questions_of
from ..records import Item, Key, PublicSession, PublicTest, PublicTrial
from .yaml import yaml_text

RATER_ID = "rater_id"
DESIGNS = ("mushra", "p835", "abx")


def study_id(test: PublicTest) -> str:
    """Return the id under which webMUSHRA stores results: the test, and the beginning of its key's commitment."""
    return f"{test.test_id}_{test.key_sha256[:12]}"


def trial_id(session: PublicSession, number: int) -> str:
    """Return the id of a trial in result files; `number` counts from 1."""
    return f"{session.session_id}_{number:03d}"


def hidden_reference(trial: PublicTrial, items: Mapping[str, Item]) -> str:
    """Return the hidden reference of a trial, which is a copy of that of another trial if the trial is a repetition."""
    return next(one for one in trial.stimuli if _original_role(items[one], items) == "hidden_ref")


def _original_role(item: Item, items: Mapping[str, Item]) -> str:
    return items[item.same_as].role if item.same_as in items else item.role


def default_prefix(test: PublicTest) -> str:
    """Return where webMUSHRA looks for the stimuli, relative to its own folder."""
    return f"configs/resources/{study_id(test)}/"


def configurations(key: Key, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (file name, content) of the configuration of each session.

    Args:
        key: the key.
        prefix: path or address before the file names of the stimuli, with "/".

    Raises:
        UsageError: webMUSHRA has no page for the design.
    """
    test = key.test
    if test.design not in DESIGNS:
        raise UsageError(
            f"webMUSHRA has no page for the design {test.design}; expected {', '.join(DESIGNS)}: use the pages in the "
            "test folder, or --format p808 (ccr) or beaqlejs (ab)"
        )
    items = {item.stimulus_id: item for item in key.items}
    for session in test.sessions:
        pages = [
            page for number, _ in enumerate(session.trials, 1) for page in _pages(key, items, session, number, prefix)
        ]
        document = {
            "testname": test.title,
            "testId": study_id(test),
            "bufferSize": 2048,
            "stopOnErrors": True,
            "showButtonPreviousPage": False,
            "remoteService": "service/write.php",
            "pages": [*pages, _finish(session)],
        }
        yield f"{session.session_id}.yaml", yaml_text(document)


def _pages(
    key: Key, items: Mapping[str, Item], session: PublicSession, number: int, prefix: str
) -> Iterator[dict[str, Any]]:
    trial = session.trials[number - 1]
    page = {"id": trial_id(session, number), "name": "Training" if trial.is_training else "Rating"}
    if key.test.design == "mushra":
        yield page | _mushra(trial, items, prefix)
    elif key.test.design == "abx":
        yield page | _abx(trial, items, prefix)
    else:
        for question in questions_of("p835", is_background_first=session.is_background_first):
            yield page | {"id": f"{page['id']}_{question.scale}"} | _likert(trial, question, prefix)


def _mushra(trial: PublicTrial, items: Mapping[str, Item], prefix: str) -> dict[str, Any]:
    rated = [one for one in trial.stimuli if one != hidden_reference(trial, items)]
    return {
        "type": "mushra",
        "content": "Rate each version: how close is it to the reference?",
        "showWaveform": False,
        "enableLooping": True,
        "strict": True,
        "reference": f"{prefix}{trial.reference}.wav",
        "createAnchor35": False,
        "createAnchor70": False,
        "randomize": True,
        "showConditionNames": False,
        "stimuli": {one: f"{prefix}{one}.wav" for one in rated},
    }


def _abx(trial: PublicTrial, items: Mapping[str, Item], prefix: str) -> dict[str, Any]:
    twin = items[trial.stimuli[-1]].same_as
    other = next(one for one in trial.stimuli[:-1] if one != twin)
    return {
        "type": "paired_comparison",
        "content": "Which of the two is the reference?",
        "showWaveform": False,
        "enableLooping": True,
        "reference": f"{prefix}{twin}.wav",
        "stimuli": {other: f"{prefix}{other}.wav"},
    }


def _likert(trial: PublicTrial, question: Question, prefix: str) -> dict[str, Any]:
    [one] = trial.stimuli
    return {
        "type": "likert_single_stimulus",
        "content": question.text,
        "mustRate": True,
        "mustPlayback": "ended",
        "stimuli": {one: f"{prefix}{one}.wav"},
        "response": [{"value": str(one.rating), "label": one.label} for one in question.options],
    }


def _finish(session: PublicSession) -> dict[str, Any]:
    question = {"type": "text", "label": "Your rater id", "name": RATER_ID, "optional": False}
    return {
        "type": "finish",
        "name": "Thank you",
        "content": f"Session {session.session_id}",
        "showResults": False,
        "writeResults": True,
        "questionnaire": [question],
    }
