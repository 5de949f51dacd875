"""Errors that a user is meant to read, each with the exit code that the command line ends with.

A message says what happened, the value seen, what was expected, and what to do.
"""

from __future__ import annotations

from .exit_codes import ERROR, INTEGRITY, PAIRING, USAGE


class SeinferError(Exception):
    """Base of all expected errors."""

    exit_code = ERROR


class UsageError(SeinferError):
    """The command or the call makes no sense as given: an unknown model, a missing folder, a wrong shape."""

    exit_code = USAGE


class PairingError(SeinferError):
    """Noisy and clean files cannot be matched without guessing."""

    exit_code = PAIRING


class IntegrityError(SeinferError):
    """A file is not what its hash says it must be, or a checkpoint does not fit its network."""

    exit_code = INTEGRITY


class RegistryError(SeinferError):
    """A model table is malformed."""


class MissingExtraError(SeinferError):
    """The packages of a backend are not installed."""


class MissingWeightsError(SeinferError):
    """The weights of a model are not in the weights folder."""


class DownloadError(SeinferError):
    """A download did not succeed; nothing partial is left under the final name."""


class AudioError(SeinferError):
    """One clip cannot be read, enhanced or written.

    Attributes:
        reason: short code from a closed set, for the status column of the tables.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BackendError(SeinferError):
    """A backend broke its contract or failed to load."""


class RunFolderError(SeinferError):
    """A run folder cannot be used: locked, foreign, or not writable."""
