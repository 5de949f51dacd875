"""Make one pair of a test set: read the recordings, mix them, write the two files, return the row of the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audio import writing
from ..audio.levels import speech_level
from ..core.errors import AudioError
from ..core.files import Cell
from .excerpts import excerpt
from .mixture import Mixture, Signal, Speech, mix
from .plan import PlannedPair, SpeechUse, plan_pairs
from .random_draws import RandomDraws
from .request import MixRequest
from .reverberation import reverberate
from .sources import (
    Failure,
    Recording,
    Source,
    SourcePool,
    list_sources,
    read_recording,
    read_response,
    refuse_long_pair,
    resampled,
)

COLUMNS = (
    *("clip_id", "noisy", "clean", "speech_source", "noise", "noise_start_s", "snr_db", "level_db", "gain_db", "rir"),
    *("sample_rate", "seed", "duration_s", "speech_start_s"),
    *("snr_reverberant_db", "level_reverberant_db", "snr_clean_db", "level_clean_db"),
)


@dataclass(frozen=True)
class _Excerpt:
    """An excerpt of a file, and the time in the file at which it starts."""

    recording: Recording
    start_s: float


class PairMaker:
    """Makes the pairs of a test set from folders of speech, noise and impulse responses.

    Attributes:
        n_upsampled: "speech", "noise" or "rir" -> number of pairs whose recording has a lower rate than the pair.
    """

    def __init__(self, request: MixRequest) -> None:
        """List the inputs.

        Raises:
            UsageError: an input does not exist, or contains no audio files of its own.
        """
        self._request = request
        self._draws = RandomDraws(request.seed)
        self.n_upsampled: Counter[str] = Counter()
        self._speech = self._list(request.speech)
        self._noises = SourcePool("noise", self._list(request.noise), read_recording, self._draws)
        self._rirs = SourcePool("rir", self._list(request.rir), read_response, self._draws) if request.rir else None

    def _list(self, folder: Path) -> list[Source]:
        all_folders = (self._request.speech, self._request.noise, self._request.rir, self._request.out)
        return list_sources(folder, [other for other in all_folders if other and other != folder])

    @property
    def failures(self) -> Sequence[Failure]:
        """Noises and impulse responses that could not be used so far."""
        return [*self._noises.failures, *(self._rirs.failures if self._rirs else ())]

    def plan(self) -> list[PlannedPair]:
        """Return the pairs to make."""
        return plan_pairs(self._request, self._speech, self._noises, self._draws)

    def make(self, pair: PlannedPair) -> dict[str, Cell]:
        """Mix a pair, write its two files and return its row of the manifest.

        Raises:
            AudioError: the speech cannot be used, or a file cannot be written; then neither file is left.
            UsageError: no noise or no impulse response can be used.
        """
        request, use = self._request, pair.use
        speech_excerpt = self._speech_excerpt(use)
        sample_rate = request.sample_rate or speech_excerpt.recording.sample_rate
        refuse_long_pair(use.speech.name, speech_excerpt.recording, sample_rate)
        dry = self._resampled("speech", speech_excerpt.recording, sample_rate)
        rir, speech = self._in_room(use, dry, sample_rate)
        noise_name, source = self._noises.usable_file(pair.noises, use.number)
        noise_excerpt = self._noise_excerpt(use, source, len(dry), sample_rate)
        noise = self._resampled("noise", noise_excerpt.recording, sample_rate)[: len(dry)]
        level_db = speech_level(dry, sample_rate).active_db if request.level_db is None else request.level_db
        mixture = mix(speech, noise - noise.mean(), sample_rate, pair.snr_db, level_db, request.step)
        return {
            "clip_id": pair.clip_id,
            **self._write(pair.clip_id, mixture, sample_rate),
            "speech_source": use.speech.name,
            "noise": noise_name,
            "noise_start_s": noise_excerpt.start_s,
            "snr_db": f"{pair.snr_db:g}",
            "level_db": mixture.level_db,
            "gain_db": mixture.gain_db,
            "rir": rir,
            "sample_rate": sample_rate,
            "seed": request.seed,
            "duration_s": len(dry) / sample_rate,
            "speech_start_s": speech_excerpt.start_s,
            "snr_reverberant_db": mixture.against_noisy.snr_db if rir else "",
            "level_reverberant_db": mixture.against_noisy.level_db if rir else "",
            "snr_clean_db": mixture.against_clean.snr_db,
            "level_clean_db": mixture.against_clean.level_db,
        }

    def _speech_excerpt(self, use: SpeechUse) -> _Excerpt:
        whole = read_recording(use.speech.path)
        n_samples = round(self._request.max_duration_s * whole.sample_rate) or len(whole.signal)
        return self._excerpt("speech", use, whole, min(n_samples, len(whole.signal)))

    def _noise_excerpt(self, use: SpeechUse, whole: Recording, n_samples: int, sample_rate: int) -> _Excerpt:
        return self._excerpt("noise", use, whole, -(-n_samples * whole.sample_rate // sample_rate))

    def _excerpt(self, role: str, use: SpeechUse, whole: Recording, n_samples: int) -> _Excerpt:
        fraction = self._draws.fraction(role, use.key)
        signal, start = excerpt(whole.signal, whole.sample_rate, n_samples, fraction)
        return _Excerpt(Recording(signal, whole.sample_rate), start / whole.sample_rate)

    def _in_room(self, use: SpeechUse, dry: Signal, sample_rate: int) -> tuple[str, Speech]:
        """Return the name of the impulse response ("" for none), and the speech in that room."""
        if not self._rirs:
            return "", Speech(dry, dry)
        name, recording = self._rirs.usable_file(self._rirs.preference(use.key), 0)
        response = self._resampled("rir", recording, sample_rate)
        upsampling = max(1.0, sample_rate / recording.sample_rate)
        return name, reverberate(dry, response, sample_rate, self._request.target, upsampling)

    def _resampled(self, role: str, recording: Recording, sample_rate: int) -> Signal:
        self.n_upsampled[role] += recording.sample_rate < sample_rate
        return resampled(recording, sample_rate)

    def _write(self, clip_id: str, mixture: Mixture, sample_rate: int) -> dict[str, Cell]:
        names = {tree: f"{tree}/{clip_id}.wav" for tree in ("noisy", "clean")}
        paths = {tree: self._request.out / name for tree, name in names.items()}
        try:
            writing.write(paths["noisy"], mixture.noisy, sample_rate, self._request.subtype)
            writing.write(paths["clean"], mixture.clean, sample_rate, self._request.subtype)
        except AudioError:
            paths["noisy"].unlink(missing_ok=True)  # no noisy file without its clean file
            raise
        return dict(names)
