"""The packages of the extra `listening`: one error with the command that installs them."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import MissingExtraError
from ...models.extras import install_line, version_of


@dataclass(frozen=True)
class Listening:
    """The extra that brings the packages of listening tests."""

    extra: str = "listening"
    distribution: str = "seinfer"


def require(*packages: str) -> None:
    """Check that packages are installed.

    Raises:
        MissingExtraError: one is not; the message contains the command that installs it.
    """
    absent = [name for name in packages if not version_of(name)]
    if absent:
        raise MissingExtraError(f"listening tests need {', '.join(absent)}: {install_line(Listening())}")
