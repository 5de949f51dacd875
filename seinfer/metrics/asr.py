"""The speech recogniser of the word error rate: which one it is, and what identifies it. Standard library only.

SEINFER_ASR names a function "module:function" of (samples, sample_rate) -> str. It gets a waveform of shape (time,),
float32, at 16000 Hz, and returns the words that it recognised, in any spelling. It must return the same words for the
same samples, whatever it got before. The module is imported in the scoring processes; a module that is no installed
package must be on PYTHONPATH. Without SEINFER_ASR, pocketsphinx is used (extra "asr").

A score depends on the recogniser, so the description contains the release of the installed package that the module
belongs to, or the sha256 of a loose module. It is part of every table and of the key of the score cache. Settings
outside of the module, such as the name of a checkpoint in an environment variable, are not part of it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import UsageError

VARIABLE = "SEINFER_ASR"
SAMPLE_RATE = 16_000
_OURS = "seinfer.metrics.asr_pocketsphinx:transcribe"


@dataclass(frozen=True)
class Recogniser:
    """A speech recogniser.

    Attributes:
        target: "module:function".
        package: the distribution whose release identifies it.
        method: how it is described in tables.
        extra: the extra of seinfer that installs it; empty for one of the user's own.
    """

    target: str
    package: str
    method: str
    extra: str = ""


POCKETSPHINX = Recogniser(_OURS, "pocketsphinx", "pocketsphinx with its US English model", "asr")


def chosen() -> Recogniser:
    """Return the recogniser that SEINFER_ASR names, pocketsphinx if it is not set. Imports no recogniser."""
    target = os.environ.get(VARIABLE, "").strip()
    if target in ("", _OURS):
        return POCKETSPHINX
    module = target.partition(":")[0]
    top = module.partition(".")[0]
    for name in sorted(packages_distributions().get(top, ())):
        return Recogniser(target, name, target)
    return Recogniser(target, "seinfer", f"{target} ({_digest(top)})")


def require_found() -> None:
    """Refuse a recogniser that no scoring process can import, before anything is computed.

    Raises:
        UsageError: SEINFER_ASR has another form, or its module is not found.
    """
    target = chosen().target
    module, _, function = target.partition(":")
    if not (module and function):
        raise UsageError(f"{VARIABLE} is {target!r}; expected 'module:function', such as 'my_asr:transcribe'")
    top = module.partition(".")[0]
    if find_spec(top) is None:
        raise UsageError(
            f"{VARIABLE} is {target!r}, and there is no module {top}; install it, or add its folder to PYTHONPATH"
        )


def _digest(top: str) -> str:
    """Return a text that identifies a module or package that belongs to no distribution."""
    spec = find_spec(top) if top else None
    if spec is None or not spec.origin:
        return "not found"
    path = Path(spec.origin)
    files = sorted(path.parent.rglob("*.py")) if spec.submodule_search_locations else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return f"sha256 {digest.hexdigest()}"
