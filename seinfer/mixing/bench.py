"""The inputs of a test set, laid out, and how one pair is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audio import writing
from ..audio.levels import speech_level
from ..core.errors import AudioError
from ..core.files import Cell
from .draws import Draws
from .plan import Item, MixRequest, Take, plan
from .signals import Mixture, Signal, Voice, mix, reverberated, stretch
from .sources import Failure, Pool, Recording, Source, at_rate, list_sources, read_response, read_sound

COLUMNS = (
    *("clip_id", "noisy", "clean", "speech_source", "noise", "noise_start_s", "snr_db", "level_db", "gain_db", "rir"),
    *("sample_rate", "seed", "duration_s", "speech_start_s"),
)


@dataclass(frozen=True)
class _Piece:
    """What is cut out of a file, and where it starts there."""

    recording: Recording
    start_s: float


class Bench:
    """Speech, noise and impulse responses, ready to be mixed.

    Attributes:
        n_upsampled: role -> pairs in which it was recorded at a lower rate than the files have.
    """

    def __init__(self, request: MixRequest) -> None:
        """List the inputs.

        Raises:
            UsageError: one does not exist, is empty, or is the same as another.
        """
        self._request = request
        self._draws = Draws(request.seed)
        self.n_upsampled: Counter[str] = Counter()
        self._speech = self._listed(request.speech)
        self._noises = Pool("noise", self._listed(request.noise), read_sound, self._draws)
        self._rirs = Pool("rir", self._listed(request.rir), read_response, self._draws) if request.rir else None

    def _listed(self, folder: Path) -> list[Source]:
        all_folders = (self._request.speech, self._request.noise, self._request.rir, self._request.out)
        return list_sources(folder, [other for other in all_folders if other and other != folder])

    @property
    def failures(self) -> Sequence[Failure]:
        """Noises and impulse responses that were passed over so far."""
        return [*self._noises.failures, *(self._rirs.failures if self._rirs else ())]

    def plan(self) -> list[Item]:
        """Return the pairs to make."""
        return plan(self._request, self._speech, self._noises, self._draws)

    def make(self, item: Item) -> dict[str, Cell]:
        """Mix a pair, write its two files and return its row of the manifest.

        Raises:
            AudioError: the speech cannot be used, or a file cannot be written; neither file is left.
            UsageError: there is no noise, or no impulse response, that can be used.
        """
        request, take = self._request, item.take
        spoken = self._speech_of(take)
        sample_rate = request.sample_rate or spoken.recording.sample_rate
        speech = self._at_rate("speech", spoken.recording, sample_rate)
        rir, voice = self._voice(take, speech, sample_rate)
        noise_name, source = self._noises.take(item.noises, take.number)
        drawn = self._noise_of(take, source, len(speech), sample_rate)
        noise = self._at_rate("noise", drawn.recording, sample_rate)[: len(speech)]
        level_db = speech_level(speech, sample_rate).active_db if request.level_db is None else request.level_db
        mixture = mix(voice, noise - noise.mean(), sample_rate, item.snr_db, level_db, request.step)
        return {
            "clip_id": item.clip_id,
            **self._write(item.clip_id, mixture, sample_rate),
            "speech_source": take.speech.name,
            "noise": noise_name,
            "noise_start_s": drawn.start_s,
            "snr_db": f"{item.snr_db:g}",
            "level_db": mixture.level_db,
            "gain_db": mixture.gain_db,
            "rir": rir,
            "sample_rate": sample_rate,
            "seed": request.seed,
            "duration_s": len(speech) / sample_rate,
            "speech_start_s": spoken.start_s,
        }

    def _speech_of(self, take: Take) -> _Piece:
        whole = read_sound(take.speech.path)
        n_samples = round(self._request.max_duration_s * whole.sample_rate) or len(whole.signal)
        return self._piece("speech", take, whole, min(n_samples, len(whole.signal)))

    def _noise_of(self, take: Take, whole: Recording, n_samples: int, sample_rate: int) -> _Piece:
        return self._piece("noise", take, whole, -(-n_samples * whole.sample_rate // sample_rate))

    def _piece(self, role: str, take: Take, whole: Recording, n_samples: int) -> _Piece:
        fraction = self._draws.fraction(role, take.drawer)
        signal, start = stretch(whole.signal, whole.sample_rate, n_samples, fraction)
        return _Piece(Recording(signal, whole.sample_rate), start / whole.sample_rate)

    def _voice(self, take: Take, speech: Signal, sample_rate: int) -> tuple[str, Voice]:
        if not self._rirs:
            return "", Voice(speech, speech)
        name, recording = self._rirs.take(self._rirs.favourites(take.drawer), 0)
        response = self._at_rate("rir", recording, sample_rate)
        return name, reverberated(speech, response, sample_rate, self._request.target)

    def _at_rate(self, role: str, recording: Recording, sample_rate: int) -> Signal:
        self.n_upsampled[role] += recording.sample_rate < sample_rate
        return at_rate(recording, sample_rate)

    def _write(self, clip_id: str, mixture: Mixture, sample_rate: int) -> dict[str, Cell]:
        names = {tree: f"{tree}/{clip_id}.wav" for tree in ("noisy", "clean")}
        paths = {tree: self._request.out / name for tree, name in names.items()}
        try:
            writing.write(paths["noisy"], mixture.noisy, sample_rate, self._request.subtype)
            writing.write(paths["clean"], mixture.clean, sample_rate, self._request.subtype)
        except AudioError:
            paths["noisy"].unlink(missing_ok=True)  # a file without its partner is no pair
            raise
        return dict(names)
