"""The records of a listening test from JSON; `core.records.to_json` is the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.checking import check
from ...core.errors import IntegrityError, UsageError
from ...core.records import from_json
from .records import DESIGNS, Item, Key, PublicSession, PublicTest, PublicTrial, Rules

TEST_JSON = "test.json"
STIMULI, SESSIONS, SHEETS = "stimuli", "sessions", "sheets"
"""Folders of a test folder."""

_Object = Mapping[str, Any]
_TRIAL = {"stimuli": tuple[str, ...], "reference": str, "is_training": bool}
_SESSION = {"session_id": str, "trials": tuple[_Object, ...], "is_background_first": bool}
_TEST = {
    "test_id": str,
    "key_sha256": str,
    "design": str,
    "sessions": tuple[_Object, ...],
    "sample_rate": int,
    "n_samples": int,
    "n_raters": int,
    "title": str,
    "page_version": str,
}
_ITEM = {
    "stimulus_id": str,
    "clip_id": str,
    "model": str,
    "role": str,
    "expected": Mapping[str, tuple[float, ...]],
    "sha256_src": str,
    "sha256_out": str,
    "gain_db": float,
    "delay_samples": int,
    "same_as": str,
}
_KEY = {
    "salt": str,
    "seed": int,
    "models": tuple[str, ...],
    "items": tuple[_Object, ...],
    "kinds": Mapping[str, tuple[str, ...]],
    "test": _Object,
    "rules": Mapping[str, float],
    "level": str,
    "run": Mapping[str, str],
    "seinfer_version": str,
}


def read_test(folder: Path) -> PublicTest:
    """Read test.json of a test folder.

    Raises:
        UsageError: there is none.
        IntegrityError: it is not in the form that `seinfer blind make` writes.
    """
    path = folder / TEST_JSON
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{folder} is not a test folder: {TEST_JSON} cannot be read ({error.strerror or error}); expected the "
            "folder that `seinfer blind make` wrote"
        ) from error
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{path} is not a JSON file ({error}); make the test again") from error
    return test_from_json(values, str(path))


def test_from_json(values: Any, where: str) -> PublicTest:
    """Return the record of a test.

    Args:
        values: JSON values.
        where: the file, for messages.

    Raises:
        IntegrityError: a key is missing, or a value has another type.
    """
    try:
        return _test(values)
    except (TypeError, ValueError, KeyError) as error:
        raise _malformed(where, error) from error


def key_from_json(values: Any, where: str) -> Key:
    """Return the record of a key; see `test_from_json` for the arguments and errors."""
    try:
        _check(values, _KEY, "the key")
        bytes.fromhex(values["salt"])
        return Key(
            salt=values["salt"],
            seed=values["seed"],
            models=tuple(values["models"]),
            items=tuple(_item(item) for item in values["items"]),
            kinds={session: tuple(kinds) for session, kinds in values["kinds"].items()},
            test=_test(values["test"]),
            rules=from_json(Rules, values["rules"]),
            level=values["level"],
            run=values["run"],
            seinfer_version=values["seinfer_version"],
        )
    except (TypeError, ValueError, KeyError) as error:
        raise _malformed(where, error) from error


def _test(values: Any) -> PublicTest:
    _check(values, _TEST, "the test")
    if values["design"] not in DESIGNS:
        raise ValueError(f"design is {values['design']!r}, expected one of {', '.join(DESIGNS)}")
    return from_json(PublicTest, {**values, "sessions": tuple(map(_session, values["sessions"]))})


def _session(values: Any) -> PublicSession:
    _check(values, _SESSION, "the session")
    return from_json(PublicSession, {**values, "trials": tuple(map(_trial, values["trials"]))})


def _trial(values: Any) -> PublicTrial:
    _check(values, _TRIAL, "the trial")
    return from_json(PublicTrial, values)


def _item(values: Any) -> Item:
    _check(values, _ITEM, "the item")
    ranges = {scale: (low, high) for scale, (low, high) in values["expected"].items()}
    return from_json(Item, {**values, "expected": ranges})


def _check(values: Any, expected: Mapping[str, Any], where: str) -> None:
    """Check the type of every value, and that no key is missing."""
    check(values, expected, where)
    if absent := expected.keys() - values.keys():
        raise KeyError(f"{where} has no {min(absent)!r}")


def _malformed(where: str, error: Exception) -> IntegrityError:
    reason = error.args[0] if isinstance(error, KeyError) else error
    return IntegrityError(f"{where} is not in the form that `seinfer blind make` writes: {reason}")
