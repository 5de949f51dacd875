"""A folder of pairs out of a folder of speech and a folder of noise.

    OUT/noisy/ID.wav  OUT/clean/ID.wav  OUT/manifest.csv  OUT/mix.json

The two trees hold the same names, so that `seinfer compare OUT` pairs them; the manifest says the same and more. ID is
the speech file's path without the suffix, then `_n2` where speech is used more than once, `_snr5` where at every SNR.

The same files, seed and settings give the same bytes. What a speech file is mixed with depends on the seed and on names
alone: a file added later changes nothing for the others, but for the SNR of about two of them, which keeps the SNRs
equally frequent. What cannot be used is left out with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import AudioError, UsageError
from ..core.files import Cell, write_csv
from .bench import COLUMNS, Bench
from .outfolder import MANIFEST, claim, mark, refuse_overlap
from .plan import MixRequest
from .sources import Failure

if TYPE_CHECKING:
    from ..core.progress import Progress

_STAGE = "mix"


@dataclass(frozen=True)
class MixResult:
    """What was made.

    Attributes:
        rows: of the manifest, sorted by clip_id.
        n_planned: pairs there would be if every speech file could be used.
        failures: files that were left out.
        notes: what a user should know about the set.
    """

    rows: tuple[Mapping[str, Cell], ...]
    n_planned: int
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Of all clips together."""
        return sum(float(row["duration_s"] or 0) for row in self.rows)

    @property
    def n_by_snr(self) -> dict[str, int]:
        """SNR in dB -> number of pairs, lowest first."""
        count = Counter(str(row["snr_db"]) for row in self.rows)
        return {snr_db: count[snr_db] for snr_db in sorted(count, key=float)}

    def as_document(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        return {
            "n_clips": len(self.rows),
            "n_planned": self.n_planned,
            "duration_s": round(self.duration_s, 3),
            "n_by_snr_db": self.n_by_snr,
            "failures": [vars(failure) for failure in self.failures],
            "notes": list(self.notes),
        }


def make_test_set(request: MixRequest, facts: Mapping[str, Any], progress: Progress) -> MixResult:
    """Mix, and write the folder; what an earlier mix left in it is replaced.

    Args:
        request: what is wanted.
        facts: what mix.json is to hold beside the outcome.
        progress: is told how far things are.

    Raises:
        UsageError: an input does not exist, the output folder is not free, or nothing can be used.
        RunFolderError: the output folder cannot be written.
    """
    refuse_overlap(request)
    bench = Bench(request)
    items = bench.plan()
    claim(request.out)
    mark(request.out, dict(facts))  # first of all: what a mix that is broken off leaves behind may be replaced
    progress.start(_STAGE, len(items))
    rows, failures = [], []
    for item in items:
        try:
            rows.append(bench.make(item))
        except AudioError as error:
            failures.append(Failure("speech", item.take.speech.name, error.reason, str(error)))
        progress.advance(_STAGE)
    # A speech file that fails with one noise mostly fails with the next for the same reason.
    failures = list(dict.fromkeys([*sorted(failures, key=lambda failure: failure.source), *bench.failures]))
    if not rows:
        first = failures[0]
        raise UsageError(f"nothing could be mixed; {len(failures)} failed, such as {first.source}: {first.message}")
    rows.sort(key=lambda row: str(row["clip_id"]))
    result = MixResult(tuple(rows), len(items), tuple(failures), tuple(_notes(bench, len(rows))))
    write_csv(request.out / MANIFEST, COLUMNS, rows)
    mark(request.out, {**facts, **result.as_document()})
    return result


def _notes(bench: Bench, n_clips: int) -> Iterator[str]:
    names = {"speech": "speech", "noise": "noise", "rir": "impulse response"}
    for role, count in bench.n_upsampled.items():
        if count:
            yield (
                f"in {count} of {n_clips} clips the {names[role]} was recorded at a lower sample rate than the clip "
                "has: the upper band holds nothing of it; give a lower --rate"
            )
