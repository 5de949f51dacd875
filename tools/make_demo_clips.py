"""Make the clips of `seinfer demo`: synthetic speech plus synthetic noise at a known SNR, as pairs of FLAC files.

    python tools/make_demo_clips.py [--out seinfer/clips/demo]

The rule: noisy = clean + noise in whole 16-bit steps, so that `noisy - clean` is exactly the noise. The same programs
and seeds give the same samples. Every file is read back and checked.

Level and SNR use only the active part of the speech, without pauses and the silence around it: a frame of 20 ms is
active if the clean file's energy in it, over all channels, is within 40 dB of its loudest frame (the range of the
silence removal in STOI, Taal et al. 2011); the SNR is the ratio of the energies of clean and noise, each summed over
those frames and all channels.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from demo_noise import NOISES
from demo_speech import require_programs, speak

Signals = npt.NDArray[np.float64]
"""Shape (time, channel), full scale is 1."""
Steps = npt.NDArray[np.int16]
"""Shape (time, channel), as in a 16-bit file."""

FULL_SCALE = 32768
FRAME_S = 0.02
ACTIVE_RANGE_DB = 40.0
LEAD_S = 0.3
HIGHEST_PEAK_DBFS = -1.0
SNR_TOLERANCE_DB = 0.05
# Left and right channel of two microphones about 9 cm apart, with the talker on the left.
STEREO_GAINS_DB = (0.0, -2.5)
STEREO_DELAYS_S = (0.0, 0.00025)


@dataclass(frozen=True)
class Plan:
    """One pair to make.

    Attributes:
        voice: a key of `demo_speech.VOICES`.
        noise: a key of `demo_noise.NOISES`.
        level_dbfs: root mean square of the active speech.
    """

    name: str
    voice: str
    noise: str
    snr_db: float
    level_dbfs: float
    sample_rate: int
    channels: int
    seed: int


PLANS = (
    Plan("babble_16k", "rms", "babble", 10.0, -26.0, 16000, 1, seed=1),
    Plan("fan_16k", "slt", "fan", 5.0, -26.0, 16000, 1, seed=2),
    Plan("keyboard_16k", "awb", "keyboard", 5.0, -29.0, 16000, 1, seed=3),
    Plan("pink_16k", "awb", "pink", 7.5, -24.0, 16000, 1, seed=4),
    Plan("street_16k", "slt", "street", -2.5, -26.0, 16000, 1, seed=5),
    Plan("white_16k", "rms", "white", 15.0, -30.0, 16000, 1, seed=6),
    Plan("fan_48k", "slt-hts-low", "fan", 2.5, -28.0, 48000, 1, seed=7),
    Plan("rain_48k", "slt-hts", "rain", 7.5, -27.0, 48000, 1, seed=8),
    Plan("street_48k_stereo", "slt-hts", "street", 5.0, -29.0, 48000, 2, seed=9),
)
TEXTS = {
    "babble_16k": "We moved the meeting to Thursday because half of the team was still on the train.",
    "fan_16k": "The ferry to the island leaves at seven, so please be at the pier a little early.",
    "keyboard_16k": "My neighbour keeps six hens, and every morning they march down the street like soldiers.",
    "pink_16k": "Turn left at the bakery, cross the bridge, and you will see the library on your right.",
    "street_16k": "Could you check the figures on page twelve once more before I send them off?",
    "white_16k": "After the storm the whole valley smelled of wet grass, pine and fresh bread.",
    "fan_48k": "The best place to watch the stars is the field behind the old stone church.",
    "rain_48k": "The garden is quiet now, only the frogs by the pond go on singing until morning.",
    "street_48k_stereo": "My sister found a letter behind the mirror, written long before the war ended.",
}


def active_samples(clean: Signals, sample_rate: int) -> npt.NDArray[np.bool_]:
    """Return which samples belong to active frames, shape (time,); an incomplete last frame is not active."""
    frame = round(FRAME_S * sample_rate)
    n_frames = len(clean) // frame
    energy = (clean[: n_frames * frame].reshape(n_frames, -1) ** 2).sum(axis=1)
    active = energy >= energy.max() * 10 ** (-ACTIVE_RANGE_DB / 10)
    return np.pad(np.repeat(active, frame), (0, len(clean) - n_frames * frame))


def level_db(signals: Signals, active: npt.NDArray[np.bool_]) -> float:
    """Return the mean power of the active samples over all channels, in dB re full scale."""
    return float(10 * np.log10(np.mean(signals[active] ** 2)))


def make(plan: Plan) -> tuple[Steps, Steps]:
    """Return the clean and the noisy signal."""
    clean = _to_steps(_at_level(_speech(plan), plan.level_dbfs, plan.sample_rate))
    active = active_samples(clean / FULL_SCALE, plan.sample_rate)
    rng = np.random.default_rng(plan.seed)
    noise = np.stack([NOISES[plan.noise](len(clean), plan.sample_rate, rng) for _ in range(plan.channels)], axis=1)
    gain_db = level_db(clean / FULL_SCALE, active) - plan.snr_db - level_db(noise, active)
    return clean, _to_steps(clean / FULL_SCALE + noise * 10 ** (gain_db / 20))


def _speech(plan: Plan) -> Signals:
    """The spoken text between two silent parts, in whole frames; the second channel is delayed and quieter."""
    spoken = speak(plan.voice, TEXTS[plan.name], plan.sample_rate)
    lead, frame = round(LEAD_S * plan.sample_rate), round(FRAME_S * plan.sample_rate)
    delays = [round(delay_s * plan.sample_rate) for delay_s in STEREO_DELAYS_S[: plan.channels]]
    n_samples = -(-(len(spoken) + max(delays) + 2 * lead) // frame) * frame
    speech = np.zeros((n_samples, plan.channels))
    for channel, delay in enumerate(delays):
        gain = 10 ** (STEREO_GAINS_DB[channel] / 20)
        speech[lead + delay : lead + delay + len(spoken), channel] = spoken * gain
    return speech


def _at_level(speech: Signals, level_dbfs: float, sample_rate: int) -> Signals:
    gain_db = level_dbfs - level_db(speech, active_samples(speech, sample_rate))
    return speech * 10 ** (gain_db / 20)


def _to_steps(signals: Signals) -> Steps:
    peak_dbfs = 20 * np.log10(np.abs(signals).max())
    if peak_dbfs > HIGHEST_PEAK_DBFS:
        raise SystemExit(f"the peak is {peak_dbfs:.1f} dBFS, expected at most {HIGHEST_PEAK_DBFS}; lower level_dbfs")
    return np.asarray(np.round(signals * FULL_SCALE), np.int16)


def write(folder: Path, plan: Plan) -> dict[str, object]:
    """Make, check and write a pair, and return its row of clips.csv."""
    clean, noisy = make(plan)
    _check_snr(plan, clean / FULL_SCALE, noisy / FULL_SCALE)
    _write_flac(folder / "clean" / f"{plan.name}.flac", clean, plan.sample_rate)
    _write_flac(folder / "noisy" / f"{plan.name}.flac", noisy, plan.sample_rate)
    return {
        "file": f"{plan.name}.flac",
        "voice": plan.voice,
        "text": TEXTS[plan.name],
        "noise": plan.noise,
        "snr_db": plan.snr_db,
        "sample_rate": plan.sample_rate,
        "channels": plan.channels,
        "seed": plan.seed,
        "duration_s": f"{len(clean) / plan.sample_rate:.2f}",
    }


def _write_flac(path: Path, steps: Steps, sample_rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, steps, sample_rate, subtype="PCM_16", compression_level=1.0)
    read, read_rate = sf.read(path, dtype="int16", always_2d=True)
    if read_rate != sample_rate or not np.array_equal(read, steps):
        raise SystemExit(
            f"{path}: the samples read back differ from those written; expected the same; check libsndfile"
        )


def _check_snr(plan: Plan, clean: Signals, noisy: Signals) -> None:
    active = active_samples(clean, plan.sample_rate)
    snr_db = level_db(clean, active) - level_db(noisy - clean, active)
    if abs(snr_db - plan.snr_db) > SNR_TOLERANCE_DB:
        raise SystemExit(f"{plan.name}: the SNR is {snr_db:.3f} dB, expected {plan.snr_db} +-{SNR_TOLERANCE_DB} dB")


def write_table(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write clips.csv, one row per pair."""
    table = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def main() -> None:
    """Make all pairs and their table."""
    parser = argparse.ArgumentParser(description="Make the clips of seinfer demo.")
    default = Path(__file__).resolve().parent.parent / "seinfer" / "clips" / "demo"
    parser.add_argument("--out", type=Path, default=default, help="folder to write to (default: %(default)s)")
    folder: Path = parser.parse_args().out
    require_programs()
    rows = [write(folder, plan) for plan in sorted(PLANS, key=lambda plan: plan.name)]
    write_table(folder / "clips.csv", rows)
    if unplanned := sorted({file.stem for file in folder.rglob("*.flac")} - set(TEXTS)):
        raise SystemExit(f"{folder}: contains {unplanned[0]}.flac, which is not in PLANS; delete it")
    size_bytes = sum(file.stat().st_size for file in folder.rglob("*.flac"))
    print(f"{folder}: {len(rows)} pairs, {size_bytes / 1e6:.2f} MB; SNR, peaks, rates and lengths are as planned")


if __name__ == "__main__":
    main()
