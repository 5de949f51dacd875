"""Errors and their exit codes."""

from __future__ import annotations

import pytest

from seinfer.core import errors, exit_codes


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SeinferError, exit_codes.ERROR),
        (errors.UsageError, exit_codes.USAGE),
        (errors.PairingError, exit_codes.PAIRING),
        (errors.IntegrityError, exit_codes.INTEGRITY),
        (errors.RunFolderError, exit_codes.ERROR),
        (errors.DownloadError, exit_codes.ERROR),
    ],
)
def test_error_class_has_its_exit_code(kind: type[errors.SeinferError], code: int) -> None:
    assert kind("message").exit_code == code
    assert str(kind("message")) == "message"


def test_audio_error_has_reason_and_message() -> None:
    error = errors.AudioError("truncated", "x.wav is too short")
    assert (error.reason, str(error), error.exit_code) == ("truncated", "x.wav is too short", exit_codes.ERROR)


def test_exit_codes_are_those_of_the_readme() -> None:
    codes = (exit_codes.ALL_DONE, exit_codes.ERROR, exit_codes.USAGE, exit_codes.PAIRING, exit_codes.INTEGRITY)
    assert (*codes, exit_codes.PARTLY_FAILED, exit_codes.INTERRUPTED) == (0, 1, 2, 3, 4, 5, 130)
