"""The request for a listening test, with everything that the user may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .records import DesignName

RATES = (16_000, 24_000, 32_000, 44_100, 48_000)
PAIRS = ("baseline", "all")
BANDS = ("native", "8k")


@dataclass(frozen=True)
class MakeRequest:
    """A listening test to make out of a run folder.

    Attributes:
        run_folder: folder of the run, with its audio.
        out: the test folder, which does not exist yet.
        key: path of the key, outside of `out`.
        design: the method.
        models: models under test; empty for all of the run.
        n_clips: number of clips under test; 0 for all, at most DEFAULT_CLIPS.
        n_raters: planned number of raters; each has a session of their own.
        seed: of every random draw except for the salt; it is only kept in the key.
        level: rule of level matching, see levels.py.
        sample_rate: Hz of all stimuli.
        title: shown on the pages.
        max_minutes: longest session, estimated.
        pairs: "baseline" for each model against the baseline, "all" for each pair (ccr, ab, abx).
        band: "native", or "8k" to take everything above 8 kHz out of all stimuli.
        salt: hex digits, for tests; empty for 32 random bytes.
        provenance: what the key notes about how the test was made.
    """

    run_folder: Path
    out: Path
    key: Path
    design: DesignName
    models: tuple[str, ...] = ()
    n_clips: int = 0
    n_raters: int = 16
    seed: int = 0
    level: str = "p56:-26"
    sample_rate: int = 48_000
    title: str = "Listening test"
    max_minutes: float = 25.0
    pairs: str = "baseline"
    band: str = "native"
    salt: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
