"""Make a folder of noisy and clean pairs from a folder of speech and a folder of noise.

    OUT/noisy/ID.wav  OUT/clean/ID.wav  OUT/manifest.csv  OUT/mix.json

`seinfer compare OUT` takes the pairs and their properties from the manifest; the two trees contain the same names. ID
is the path of the speech file without the suffix, followed by `_n2` (the second noise) if there are several noises per
speech file, and by `_snr5` (5 dB) if every SNR is used.

The same files, seed and settings give the same bytes. The noise and the excerpts of a speech file depend only on the
seed and on names, so a file that is added later does not change the others, except for the SNR of about two of them,
so that the SNRs stay equally frequent. Files that cannot be used are left out, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..clips.pairing.mixed_sets import MANIFEST
from ..core.errors import AudioError, UsageError
from ..core.files import Cell, write_csv
from .output_folder import prepare, refuse_overlap, write_mix_json
from .pair_maker import COLUMNS, PairMaker
from .request import MixRequest
from .sources import Failure

if TYPE_CHECKING:
    from ..core.progress import Progress

_STAGE = "mix"


@dataclass(frozen=True)
class MixResult:
    """Result of `make_test_set`.

    Attributes:
        rows: rows of the manifest, sorted by clip_id.
        n_planned: number of pairs if every speech file can be used.
        failures: files that were left out.
        notes: remarks on the test set, for the user.
    """

    rows: tuple[Mapping[str, Cell], ...]
    n_planned: int
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Total duration of all clips."""
        return sum(float(row["duration_s"] or 0) for row in self.rows)

    @property
    def n_by_snr(self) -> dict[str, int]:
        """SNR in dB -> number of pairs, lowest first."""
        count = Counter(str(row["snr_db"]) for row in self.rows)
        return {snr_db: count[snr_db] for snr_db in sorted(count, key=float)}

    def as_document(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "n_clips": len(self.rows),
            "n_planned": self.n_planned,
            "duration_s": round(self.duration_s, 3),
            "n_by_snr_db": self.n_by_snr,
            "failures": [vars(failure) for failure in self.failures],
            "notes": list(self.notes),
        }


def make_test_set(request: MixRequest, facts: Mapping[str, Any], progress: Progress) -> MixResult:
    """Mix all pairs and write the folder; the files of an earlier test set in it are replaced.

    Args:
        request: the settings.
        facts: further entries of mix.json.
        progress: receives the number of pairs and each finished pair.

    Raises:
        UsageError: an input does not exist, the output folder contains other files, or no file can be used.
        RunFolderError: the output folder cannot be written.
    """
    refuse_overlap(request)
    maker = PairMaker(request)
    pairs = maker.plan()
    prepare(request.out)
    write_mix_json(request.out, dict(facts))  # before the pairs, so that an interrupted run can be replaced
    progress.start(_STAGE, len(pairs))
    rows, failures = [], []
    for pair in pairs:
        try:
            rows.append(maker.make(pair))
        except AudioError as error:
            failures.append(Failure("speech", pair.use.speech.name, error.reason, str(error)))
        progress.advance(_STAGE)
    # A speech file that fails with one noise usually fails with the next for the same reason: list it once.
    failures = list(dict.fromkeys([*sorted(failures, key=lambda failure: failure.source), *maker.failures]))
    if not rows:
        first = failures[0]
        raise UsageError(f"nothing could be mixed; {len(failures)} failed, such as {first.source}: {first.message}")
    rows.sort(key=lambda row: str(row["clip_id"]))
    result = MixResult(tuple(rows), len(pairs), tuple(failures), tuple(_notes(maker, len(rows))))
    write_csv(request.out / MANIFEST, COLUMNS, rows)
    write_mix_json(request.out, {**facts, **result.as_document()})
    return result


def _notes(maker: PairMaker, n_clips: int) -> Iterator[str]:
    names = {"speech": "speech", "noise": "noise", "rir": "impulse response"}
    for role, count in maker.n_upsampled.items():
        if count:
            yield (
                f"in {count} of {n_clips} clips the {names[role]} was recorded at a lower sample rate than that of "
                "the clip, so its upper frequency band is empty; give a lower --rate"
            )
