"""Measure everything about one stimulus file that could identify a model. Each file is read once.

Levels are in dBFS: 0 dB is the power of a full-scale square wave.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .wave import Wave, parse

Signal = npt.NDArray[np.float32]

LOW_RATE = 8_000
"""Hz of the copies with which delays are measured."""
BAND_EDGE_HZ = 8_500
"""Above this frequency a model of 16 kHz leaves nothing but dither."""
_FRAME_S = 0.03
# 6 dB above triangular dither and rounding to 16 bits, together a quarter of a squared step.
_DITHER_POWER = 4 * 0.25 / 32768**2
_LOUD_SHARE = 0.05
_EDGE_SAMPLES = 4
_JUMP_S = 0.02
_RINGING_SAMPLES = 32  # a jump that was resampled rings for some samples
_ALONE = 3.0


@dataclass(frozen=True)
class Stimulus:
    """One file of the folder stimuli/, as it was measured.

    Attributes:
        stimulus_id: name of the file without suffix.
        path: path in the test folder, with "/".
        n_bytes: size of the file.
        sha256: of the file.
        wave: parts of the WAV file, without its samples; None if it is another kind of file.
        n_samples: length; 0 if the samples were not read.
        sound_sha256: of the samples; empty if they were not read.
        edge: largest magnitude of the first and the last samples.
        jump: largest difference between neighbouring samples that stands alone: within 20 ms before and after it there
            is none of a third of its size; 0 if there is none.
        offset: mean of the samples.
        n_full_scale: samples at full scale.
        loud_db: level of the loudest 5 % of all frames of 30 ms, which is the level of the speech and hardly that of
            the noise; -inf for silence.
        high_db: power above BAND_EDGE_HZ relative to all, in dB; -inf if there is no more than dither.
        low: the signal at LOW_RATE, shape (time,).
    """

    stimulus_id: str
    path: str
    n_bytes: int
    sha256: str
    wave: Wave | None
    n_samples: int
    sound_sha256: str
    edge: float
    jump: float
    offset: float
    n_full_scale: int
    loud_db: float
    high_db: float
    low: Signal

    @property
    def is_measured(self) -> bool:
        """Whether there are samples to compare."""
        return self.n_samples > 0


def measure(stimulus_id: str, path: str, content: bytes) -> Stimulus:
    """Return the measurements of one stimulus file."""
    wave = parse(content)
    samples = wave.samples if wave else np.zeros(0, np.float32)
    rate = wave.sample_rate if wave else 0
    has_sound = len(samples) > 0
    magnitude = np.abs(samples)
    edges = np.concatenate([magnitude[:_EDGE_SAMPLES], magnitude[-_EDGE_SAMPLES:]])
    return Stimulus(
        stimulus_id,
        path,
        len(content),
        hashlib.sha256(content).hexdigest(),
        replace(wave, samples=np.zeros(0, np.float32)) if wave else None,  # all samples of a test need much memory
        len(samples),
        hashlib.sha256(samples.tobytes()).hexdigest() if has_sound else "",
        edge=float(edges.max(initial=0.0)),
        jump=_jump(samples, rate),
        offset=float(samples.mean(dtype=np.float64)) if has_sound else 0.0,
        n_full_scale=int(np.count_nonzero((samples >= 32767 / 32768) | (samples <= -1.0))),
        loud_db=_loud_db(samples, rate),
        high_db=_high_db(samples, rate),
        low=_at_low_rate(samples, rate),
    )


def _jump(samples: Signal, rate: int) -> float:
    from scipy.ndimage import maximum_filter1d

    size = round(_JUMP_S * rate)
    steps = np.abs(np.diff(samples))
    if len(steps) < 2 * size or not size:
        return 0.0
    around = maximum_filter1d(steps, size, mode="constant")  # over size samples, centred
    shift = size // 2 + _RINGING_SAMPLES
    before = np.concatenate([np.zeros(shift, np.float32), around[:-shift]])
    after = np.concatenate([around[shift:], np.zeros(shift, np.float32)])
    return float(steps[steps > _ALONE * np.maximum(before, after)].max(initial=0.0))


def _loud_db(samples: Signal, rate: int) -> float:
    n_frame = max(1, round(_FRAME_S * rate))
    n_frames = len(samples) // n_frame
    if not n_frames:
        return -math.inf
    powers = np.mean(np.square(samples[: n_frames * n_frame].reshape(n_frames, n_frame), dtype=np.float64), axis=1)
    n_loud = max(1, round(_LOUD_SHARE * n_frames))
    return _db(float(np.mean(np.sort(powers)[-n_loud:])))


def _high_db(samples: Signal, rate: int) -> float:
    if rate <= 2 * BAND_EDGE_HZ or not len(samples):
        return -math.inf
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)).astype(np.float32))))
    total = float(power.sum())
    high = float(power[math.ceil(BAND_EDGE_HZ / rate * len(samples)) :].sum())
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    is_dither = not total or mean_square * high / total < _DITHER_POWER
    return -math.inf if is_dither else _db(high / total)


def _at_low_rate(samples: Signal, rate: int) -> Signal:
    from ....audio.resampling import resample

    if not len(samples):
        return samples
    low: Signal = resample(samples[None], rate, LOW_RATE, "HQ")[0]
    return low


def _db(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf
