"""Errors with a message for the user, each with the exit code of the command line.

A message says what happened, the value that was found, what was expected, and what to do.
"""

from __future__ import annotations

from .exit_codes import ERROR, INTEGRITY, PAIRING, USAGE


class SeinferError(Exception):
    """Base of all expected errors. Its arguments are the lines of its message, mostly one."""

    exit_code = ERROR

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class UsageError(SeinferError):
    """A command or call is invalid: an unknown model, a missing folder, a wrong shape."""

    exit_code = USAGE


class PairingError(SeinferError):
    """Noisy and clean files cannot be matched without guessing."""

    exit_code = PAIRING


class IntegrityError(SeinferError):
    """The hash of a file is wrong, or a checkpoint does not match its network."""

    exit_code = INTEGRITY


class RegistryError(SeinferError):
    """A table in a models.toml is malformed."""


class MissingExtraError(SeinferError):
    """The packages of a backend are not installed."""


class MissingWeightsError(SeinferError):
    """The weights of a model are not in the weights folder."""


class DownloadError(SeinferError):
    """A download failed; no partial file is left under the final name."""


class AudioError(SeinferError):
    """One clip cannot be read, enhanced or written.

    Attributes:
        reason: short code for the status column of the tables, such as "truncated".
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BackendError(SeinferError):
    """A backend violated its contract or failed to load."""


class RatingsError(SeinferError):
    """The ratings of a listening test are incomplete."""


class RunFolderError(SeinferError):
    """A run folder cannot be used: it is locked, not writable, or contains other files."""
