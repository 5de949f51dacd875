"""Noises for the demo clips, made of random numbers and sine waves; the babble is made of synthetic voices.

The rule: a noise depends only on its length, its sample rate and its random generator. It is float64 of shape (time,),
with a power of 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from demo_speech import Signal, speak

Noise = Callable[[int, int, np.random.Generator], Signal]

BABBLE_VOICES = ("slt", "rms", "awb", "slt-hts", "slt-hts-low")
BABBLE_TEXTS = (
    "I told him twice that the kettle was broken, but he bought another box of tea all the same.",
    "They say it will rain until Sunday, and then the cold comes back for good.",
    "If you see Martha, tell her the tickets are on the table under the blue book.",
    "We could take the early bus and walk the rest, it is not far from the harbour.",
)


def white(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Equal power in every hertz."""
    return _unit(rng.standard_normal(n_samples))


def pink(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Equal power in every octave from 40 Hz."""
    return _coloured(n_samples, sample_rate, rng, lambda f: np.maximum(f, 40.0) ** -0.5)


def fan(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """An air conditioner: air noise that falls above 300 Hz, mains hum, and the slowly varying tone of the blades."""
    time_s = np.arange(n_samples) / sample_rate
    air = _coloured(n_samples, sample_rate, rng, lambda f: (1 + (f / 300) ** 2) ** -0.5 + 0.02)
    mains = _tones(time_s, rng, 50.0, (0.5, 1.0, 0.25, 0.5, 0.1, 0.2))
    blades = _tones(time_s, rng, 87.0, (1.0, 0.6, 0.4, 0.2)) * (1 + 0.3 * np.sin(2 * np.pi * 0.7 * time_s))
    return _unit(air + 0.3 * _unit(mains) + 0.3 * _unit(blades))


def street(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Traffic: a distant rumble, and two passing cars with engine and tyre noise."""
    time_s = np.arange(n_samples) / sample_rate
    distant = _coloured(n_samples, sample_rate, rng, lambda f: (1 + (f / 90) ** 2) ** -0.7)
    total = 0.6 * distant
    for share in (0.25, 0.75):
        passing_s = (share + rng.uniform(-0.1, 0.1)) * n_samples / sample_rate
        envelope = 1 / (1 + ((time_s - passing_s) / rng.uniform(0.4, 0.8)) ** 2)
        tyres = _coloured(n_samples, sample_rate, rng, lambda f: (f / 700) / (1 + (f / 700) ** 2) ** 1.3)
        engine = _unit(_tones(time_s, rng, rng.uniform(55, 80), tuple(1 / k for k in range(1, 9))))
        total = total + envelope * (tyres + 0.7 * engine)
    return _unit(total)


def keyboard(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Typing: about six keys per second, each pressed and released, in a room with low background noise."""
    keys = np.zeros(n_samples)
    start_s = 0.1
    while start_s < n_samples / sample_rate:
        level = rng.uniform(0.5, 1.0)
        _strike(keys, sample_rate, rng, start_s, level)
        _strike(keys, sample_rate, rng, start_s + rng.uniform(0.06, 0.11), 0.4 * level)
        start_s += 0.06 + rng.exponential(0.11)
    return _unit(_unit(keys) + 0.05 * pink(n_samples, sample_rate, rng))


def rain(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Rain on a roof: the broadband noise of distant drops, and about eighty near drops per second."""
    hiss = _coloured(n_samples, sample_rate, rng, lambda f: (f / 500) / (1 + (f / 500) ** 2) ** 0.75)
    drops = np.zeros(n_samples)
    for _ in range(round(80 * n_samples / sample_rate)):
        pitch_hz, decay_s = rng.uniform(900, 6000), rng.uniform(0.002, 0.006)
        ringing = _ringing(sample_rate, rng, pitch_hz, decay_s)
        _add(drops, ringing * rng.lognormal(0, 0.7), rng.integers(n_samples))
    return _unit(hiss + 0.6 * _unit(drops))


def babble(n_samples: int, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Twenty talkers without pauses, within 6 dB of each other, in a room with a reverberation time of 0.8 s."""
    total = np.zeros(n_samples)
    for number in range(20):
        voice = BABBLE_VOICES[number % len(BABBLE_VOICES)]
        texts = np.roll(BABBLE_TEXTS, rng.integers(len(BABBLE_TEXTS)))
        talk = np.concatenate([speak(voice, str(text), sample_rate) for text in texts])
        distant = np.roll(_in_room(talk, sample_rate, rng), rng.integers(len(talk)))
        total += _unit(distant[:n_samples]) * 10 ** (rng.uniform(-3, 3) / 20)
    return _unit(total)


NOISES: dict[str, Noise] = {
    "babble": babble,
    "fan": fan,
    "keyboard": keyboard,
    "pink": pink,
    "rain": rain,
    "street": street,
    "white": white,
}


def _unit(signal: Signal) -> Signal:
    return np.asarray(signal / np.sqrt(np.mean(signal**2)), np.float64)


def _in_room(talk: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Speech from a distance in a room: circular convolution with noise that decays by 60 dB in 0.8 s."""
    decay_samples = round(0.8 * sample_rate)
    response = rng.standard_normal(decay_samples) * 10 ** (-3 * np.arange(decay_samples) / decay_samples)
    return np.fft.irfft(np.fft.rfft(talk) * np.fft.rfft(response, len(talk)), len(talk))


def _coloured(
    n_samples: int, sample_rate: int, rng: np.random.Generator, amplitude: Callable[[Signal], Signal]
) -> Signal:
    """Gaussian noise with the amplitude spectrum `amplitude`, a function of frequency in Hz; zero below 20 Hz."""
    frequency_hz = np.fft.rfftfreq(n_samples, 1 / sample_rate)
    spectrum = np.fft.rfft(rng.standard_normal(n_samples)) * amplitude(frequency_hz)
    return _unit(np.fft.irfft(np.where(frequency_hz < 20, 0, spectrum), n_samples))


def _tones(time_s: Signal, rng: np.random.Generator, base_hz: float, amplitudes: tuple[float, ...]) -> Signal:
    """Harmonics of `base_hz` with random phases."""
    total = np.zeros_like(time_s)
    for k, amplitude in enumerate(amplitudes, start=1):
        total += amplitude * np.sin(2 * np.pi * k * base_hz * time_s + rng.uniform(0, 2 * np.pi))
    return total


def _ringing(sample_rate: int, rng: np.random.Generator, pitch_hz: float, decay_s: float) -> Signal:
    """An exponentially decaying sine wave."""
    time_s = np.arange(round(8 * decay_s * sample_rate)) / sample_rate
    wave = np.sin(2 * np.pi * pitch_hz * time_s + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.exp(-time_s / decay_s) * wave, np.float64)


def _strike(keys: Signal, sample_rate: int, rng: np.random.Generator, start_s: float, level: float) -> None:
    """Add the click of one key: resonances of the plastic, a short noise, and a low resonance of the board."""
    at = round(start_s * sample_rate)
    for pitch_hz in rng.uniform(1200, 5500, 4):
        _add(keys, level * _ringing(sample_rate, rng, pitch_hz, rng.uniform(0.002, 0.005)), at)
    time_s = np.arange(round(0.02 * sample_rate)) / sample_rate
    _add(keys, 0.8 * level * rng.standard_normal(len(time_s)) * np.exp(-time_s / 0.0025), at)
    _add(keys, level * _ringing(sample_rate, rng, rng.uniform(150, 300), 0.012), at)


def _add(target: Signal, piece: Signal, at: int) -> None:
    """Add `piece` at sample `at`; samples beyond the end of `target` are dropped."""
    kept = piece[: max(0, len(target) - at)]
    target[at : at + len(kept)] += kept
