"""Writing all stimulus files of a test: two passes over the clips, so that only one clip is in memory at a time.

The first pass finds the highest peak of all stimuli at their levels; the second writes them with one common gain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import AudioError
from ...core.hashing import sha256_of
from ...core.records import BASELINE
from .levels import Gain, LevelRule, common_gain_db, gains
from .records import Item
from .request import MakeRequest
from .signals import Signal, Version, read_versions
from .sources import CLEAN
from .stimuli import ANCHORS_HZ, distorted, faded, low_passed, wav_bytes
from .trials import DISTORTED, Stimulus


@dataclass(frozen=True)
class Rendered:
    """The written stimuli.

    Attributes:
        items: every stimulus.
        n_samples: length of all stimuli.
        common_gain_db: gain of all stimuli that keeps the highest peak below -1 dBFS; 0 or less.
        n_approximate: number of stimuli whose speech level is approximate, see levels.py.
        longest_padding_s: longest silence at the end of a stimulus, which gives all the same length.
    """

    items: tuple[Item, ...]
    n_samples: int
    common_gain_db: float
    n_approximate: int
    longest_padding_s: float = 0.0


def render_stimuli(
    folder: Path,
    ids: Mapping[Stimulus, str],
    paths: Mapping[str, Mapping[str, Path]],
    rule: LevelRule,
    request: MakeRequest,
    salt: str,
) -> Rendered:
    """Write `<stimulus_id>.wav` for every stimulus.

    Args:
        folder: existing folder.
        ids: stimulus -> its id.
        paths: clip_id -> name of the version -> file.
        rule: rule of level matching.
        request: the request.
        salt: of the key; the dither of each file depends on it.

    Raises:
        AudioError: a file cannot be read, or contains no speech.
    """
    clip_ids = sorted({stimulus.clip_id for stimulus in ids})
    by_clip = {clip_id: [one for one in ids if one.clip_id == clip_id] for clip_id in clip_ids}
    lengths: list[int] = []
    peak = 0.0
    for clip_id in clip_ids:
        for _, sound in _sounds(_Clip(clip_id, paths[clip_id], rule, request, salt), by_clip[clip_id]):
            lengths.append(len(sound))
            peak = max(peak, float(abs(sound).max()))
    common_db = common_gain_db(peak)
    n_samples = max(lengths)
    items: list[Item] = []
    n_approximate = 0
    for clip_id in clip_ids:
        clip = _Clip(clip_id, paths[clip_id], rule, request, salt)
        for stimulus, sound in _sounds(clip, by_clip[clip_id]):
            stimulus_id = ids[stimulus]
            seed = f"{salt} dither {stimulus_id}".encode()
            content = wav_bytes(sound * 10 ** (common_db / 20), n_samples, request.sample_rate, seed)
            path = folder / f"{stimulus_id}.wav"
            path.write_bytes(content)
            n_approximate += clip.gain(stimulus).is_approximate
            items.append(
                Item(
                    stimulus_id=stimulus_id,
                    clip_id=clip_id,
                    model=stimulus.model,
                    role=stimulus.role,
                    expected=stimulus.expected,
                    sha256_src=clip.version(stimulus).sha256,
                    sha256_out=sha256_of(path),
                    gain_db=round(clip.gain(stimulus).gain_db + common_db, 6),
                    delay_samples=clip.version(stimulus).delay_samples,
                    same_as=ids[stimulus.same_as] if stimulus.same_as else "",
                )
            )
    return Rendered(tuple(items), n_samples, common_db, n_approximate, (n_samples - min(lengths)) / request.sample_rate)


_NARROW_HZ = 7_500.0
"""End of the pass band of a low-pass that leaves nothing above 8 kHz."""


class _Clip:
    """All versions of one clip, with the gain of each."""

    def __init__(
        self, clip_id: str, paths: Mapping[str, Path], rule: LevelRule, request: MakeRequest, salt: str
    ) -> None:
        self.sample_rate = request.sample_rate
        self._is_narrow = request.band == "8k"
        self._reference = CLEAN if CLEAN in paths else BASELINE
        self._seed = f"{salt} noise {clip_id}".encode()
        self._versions = read_versions(paths, self._reference, request.sample_rate, request.band)
        signals = {name: version.samples for name, version in self._versions.items()}
        try:
            self._gains = gains(signals, signals.get(CLEAN), signals[BASELINE], rule, request.sample_rate)
        except AudioError as error:
            raise AudioError(
                error.reason, f"{clip_id}: {error}; run the models without this clip, or take --level none"
            ) from error

    def version(self, stimulus: Stimulus) -> Version:
        """Return the version that a stimulus is made from."""
        return self._versions[self._reference if stimulus.model == DISTORTED else stimulus.model]

    def gain(self, stimulus: Stimulus) -> Gain:
        """Return the gain of a stimulus before the common one."""
        return self._gains[self._reference if stimulus.model == DISTORTED else stimulus.model]

    def sound(self, stimulus: Stimulus) -> Signal:
        """Return the samples of a stimulus, shape (time,), at its level and with fades."""
        samples = self.version(stimulus).samples
        role = stimulus.same_as.role if stimulus.same_as else stimulus.role
        if role in ANCHORS_HZ:
            samples = low_passed(samples, ANCHORS_HZ[role], self.sample_rate)
        elif stimulus.model == DISTORTED:
            samples = distorted(samples, self.sample_rate, self._seed)
            if self._is_narrow:  # its noise reaches further than the band of the test
                samples = low_passed(samples, _NARROW_HZ, self.sample_rate)
        return faded(samples * 10 ** (self.gain(stimulus).gain_db / 20), self.sample_rate)


def _sounds(clip: _Clip, stimuli: Sequence[Stimulus]) -> Iterator[tuple[Stimulus, Signal]]:
    for stimulus in stimuli:
        yield stimulus, clip.sound(stimulus)
