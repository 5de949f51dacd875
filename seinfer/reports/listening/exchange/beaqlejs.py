"""Configuration of BeaqleJS (HSU-ANT/beaqlejs, README.md and config/): one script per session.

mushra  BeaqleJS adds the hidden reference itself, so ours is left out
abx     A and B; BeaqleJS chooses X itself
ab      the preference test: A and B
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ....core.errors import UsageError
from ..records import Item, Key, PublicTrial
from .webmushra import hidden_reference, trial_id

DESIGNS = ("mushra", "abx", "ab")


def configurations(key: Key, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (file name, content) of the configuration of each session.

    Raises:
        UsageError: BeaqleJS has no test for the design.
    """
    test = key.test
    if test.design not in DESIGNS:
        raise UsageError(
            f"BeaqleJS has no test for the design {test.design}; expected {', '.join(DESIGNS)}: use the pages in the "
            "test folder, or --format p808"
        )
    items = {item.stimulus_id: item for item in key.items}
    for session in test.sessions:
        sets = [
            {"Name": f"{number}", "TestID": trial_id(session, number), "Files": _files(trial, items, prefix)}
            for number, trial in enumerate(session.trials, start=1)
        ]
        document = {
            "TestName": test.title,
            "RateMinValue": 0,
            "RateMaxValue": 100,
            "RateDefaultValue": 0,
            "LoopByDefault": False,
            "ShowFileIDs": False,
            "ShowResults": False,
            "EnableABLoop": True,
            "EnableOnlineSubmission": False,
            "BeaqleServiceURL": "",
            "SupervisorContact": "",
            "RandomizeTestOrder": False,
            "MaxTestsPerRun": -1,
            "Testsets": sets,
        }
        yield f"{session.session_id}.js", f"var TestConfig = {json.dumps(document, indent=2)};\n"


def _files(trial: PublicTrial, items: Mapping[str, Item], prefix: str) -> dict[str, str]:
    if trial.reference:
        hidden = hidden_reference(trial, items)
        rated = {one: f"{prefix}{one}.wav" for one in trial.stimuli if one != hidden}
        return {"Reference": f"{prefix}{trial.reference}.wav", **rated}
    return {name: f"{prefix}{one}.wav" for name, one in zip("AB", trial.stimuli, strict=False)}
