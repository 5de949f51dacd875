"""Helpers that tests of several folders use: shared files, the command line, model tables, signals.

Waveforms have shape (time,). Energies are added up in double precision.
"""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import soundfile

from seinfer.clips.discovery import JOURNAL
from seinfer.core.records import WeightFile

if TYPE_CHECKING:
    from typer.testing import Result

# --- The folder of real weights, clips and goldens ---

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path | None:
    """Return the folder that SEINFER_SHARED names, else ../shared beside the repository, or None if it is absent."""
    folder = Path(os.environ.get("SEINFER_SHARED") or ROOT.parent / "shared")
    return folder if folder.is_dir() else None


@cache
def files_by_hash(folder: Path) -> Mapping[str, Path]:
    """Return sha256 -> file, for all that lies in its weights and golden folders."""
    files = [path for part in ("weights", "golden") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


@cache
def promised_hashes(folder: Path) -> frozenset[str]:
    """Return the sha256 of every file that the folder's own list says is in it."""
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as lines:
        return frozenset(row[1] for row in csv.reader(lines, delimiter="\t") if len(row) > 1)


def find_shared_file(folder: Path, file: WeightFile) -> Path | None:
    """Return the file that has the hash, or whose hash begins with the published prefix; its name does not matter."""
    known = files_by_hash(folder)
    return next((known[digest] for digest in known if file.sha256 and digest.startswith(file.sha256)), None)


def is_promised(folder: Path, file: WeightFile) -> bool:
    """Return whether the folder's list names the file, so that its absence is damage and no reason to skip."""
    return any(file.sha256 and digest.startswith(file.sha256) for digest in promised_hashes(folder))


# --- The real command line in a child process, and the tables that it writes ---

RATE = 16_000
"""Hz of the clips that tests write."""
SEINFER = (sys.executable, "-m", "seinfer")
ORDINARY = (sys.executable, str(Path(__file__).with_name("ordinary.py")))
TIMINGS = {"wall_s", "rtf", "peak_rss_mib", "batch_size"}
_TIMEOUT_S = 120


def start(
    *arguments: object, before: Sequence[str] = (), environment: Mapping[str, str | None] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start the command; an environment variable of None is taken away."""
    changed = {**os.environ, **(environment or {})}
    return subprocess.Popen(
        [*before, *SEINFER, *map(str, arguments)],
        env={name: value for name, value in changed.items() if value is not None},
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for it; there is never a traceback."""
    out, errors = process.communicate(timeout=_TIMEOUT_S)
    assert "Traceback" not in (errors or ""), errors
    assert "Exception ignored" not in (errors or ""), errors
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def seinfer(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return finish(start(*arguments, **options))


def invoke(*arguments: object) -> Result:
    """Run the command line in this process, without the handling of errors and streams in `main`."""
    from typer.testing import CliRunner

    from seinfer.cli.app import app

    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tables(out: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of every CSV file, timings left out."""
    return {
        path.name: [{key: value for key, value in row.items() if key not in TIMINGS} for row in rows(path)]
        for path in sorted(out.glob("*.csv"))
        if path.name != "costs.csv"  # timings alone
    }


def lines(out: Path, kind: str) -> list[bytes]:
    """Return the whole lines of a kind in a journal, none where there is no journal yet."""
    path = out / JOURNAL
    found = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [line for line in found if line.startswith(b'{"kind": "%s"' % kind.encode())]


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def processes_with(variable: str) -> list[int]:
    """Return the processes that have this `NAME=value` in their environment, this one and ended ones left out."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            is_other = entry.name.isdigit() and int(entry.name) != os.getpid()
            if is_other and variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


# --- Model tables as text ---

_KEYS = {
    "summary": '"a model"',
    "backend": '"seinfer.backends.noisy:load"',
    "sample_rate": "16000",
    "causal": "true",
    "latency_ms": "0",
    "n_parameters": "0",
    "license_code": '"MIT"',
    "license_weights": '"MIT"',
    "source": '"here"',
    "verified": '"not at all"',
}


def table(name: str, **keys: str) -> str:
    """Return a table of a models.toml; `keys` are TOML values, "" leaves a key out."""
    lines = [f"{key} = {value}" for key, value in {**_KEYS, **keys}.items() if value]
    return "\n".join([f'["{name}"]', *lines, ""])


# --- Comparison of signals, and a signal that networks take for speech ---

Waveform = npt.NDArray[np.float32]
Signal = npt.NDArray[np.floating]

# F1, F2, F3 in Hz of five vowels of men, from Peterson and Barney, JASA 24(2), 1952, table II; F4 and F5 rest.
_VOWELS_HZ = np.array([[270, 2290, 3010], [530, 1840, 2480], [730, 1090, 2440], [570, 840, 2410], [300, 870, 2240]])
_HIGH_FORMANTS_HZ = (3_500, 4_500)
_FORMANT_WIDTHS_HZ = (60, 90, 130, 200, 250)
_TOP_HZ = 7_000
_SYLLABLE_S = 0.25


def _power(signal: Signal) -> float:
    return float(np.sum(np.square(signal, dtype=np.float64)))


def _ratio_db(numerator: float, denominator: float) -> float:
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(numerator) - np.log10(denominator)))


def peak_dbfs(signal: Signal) -> float:
    """Return the largest magnitude in dB of full scale; -inf for silence."""
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(np.max(np.abs(signal), initial=0.0)))


def snr_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the power of the reference over that of the difference, in dB; inf where they are equal."""
    _require_same_shape(reference, estimate)
    difference = estimate.astype(np.float64) - reference
    return _ratio_db(_power(reference), _power(difference)) if difference.any() else np.inf


def gain(*, reference: Signal, estimate: Signal) -> float:
    """Return the factor that fits the reference to the estimate: <estimate, reference> / <reference, reference>."""
    _require_same_shape(reference, estimate)
    return float(np.dot(estimate.astype(np.float64), reference.astype(np.float64)) / _power(reference))


def gain_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the magnitude of `gain` in dB: the level of what is in the estimate of the reference, noise left out."""
    return 20 * float(np.log10(abs(gain(reference=reference, estimate=estimate))))


def si_sdr_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the SI-SDR of Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019; no mean is removed."""
    target = gain(reference=reference, estimate=estimate) * reference.astype(np.float64)
    return _ratio_db(_power(target), _power(estimate - target))


def lag_samples(*, reference: Signal, estimate: Signal, max_lag: int = 4_000) -> int:
    """Return how many samples the estimate is late, negative where it is early: the peak of their cross-correlation.

    Differences of the samples are compared: bass makes the peak broad, and a high-pass filter turns its phase.
    """
    _require_same_shape(reference, estimate)
    n_fft = 2 * len(reference)
    spectra = [np.fft.rfft(np.diff(signal, prepend=0), n_fft) for signal in (estimate, reference)]
    spectrum = spectra[0] * np.conj(spectra[1])
    correlation = np.fft.irfft(spectrum, n_fft)
    lags = np.arange(-min(max_lag, len(reference) - 1), min(max_lag, len(reference) - 1) + 1)
    return int(lags[np.argmax(correlation[lags])])


def _require_same_shape(reference: Signal, estimate: Signal) -> None:
    # Broadcasting would turn a wrong length into a number.
    assert reference.shape == estimate.shape, f"reference has shape {reference.shape}, estimate {estimate.shape}"


def speech_like(duration_s: float, sample_rate: int, seed: int = 0, rms_dbfs: float = -26.0) -> Waveform:
    """Return vowels that glide into each other under a gliding pitch, four syllables a second, every fifth a pause.

    It has what a denoiser looks for in speech: harmonics under formants, in syllables. It is made as in Fant, "Acoustic
    Theory of Speech Production", 1960: a source that falls by 6 dB an octave as heard, through resonances in a row.
    """
    rng = np.random.default_rng(seed)
    n_syllables = int(np.ceil(duration_s / _SYLLABLE_S)) + 1
    vowels_hz = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ), size=n_syllables)]
    pitches_hz = rng.uniform(100, 140, n_syllables)
    efforts = np.where(np.arange(n_syllables) % 5 == 4, 0.0, rng.uniform(0.6, 1.0, n_syllables))

    position = np.arange(round(duration_s * sample_rate)) / (sample_rate * _SYLLABLE_S)
    pitch_hz = np.interp(position, np.arange(n_syllables), pitches_hz)
    effort = efforts[position.astype(int)] * np.sin(np.pi * (position % 1)) ** 2
    signal = effort * _voice(position, pitch_hz, vowels_hz, sample_rate)
    return (signal * 10 ** (rms_dbfs / 20) / np.sqrt(np.mean(signal**2))).astype(np.float32)


def _voice(position: Signal, pitch_hz: Signal, vowels_hz: Signal, sample_rate: int) -> Signal:
    """Return the sum of harmonics, each as loud as the formants of its moment make it."""
    moments = np.arange(0, len(vowels_hz), 0.05)
    formants_hz = [np.interp(moments, np.arange(len(vowels_hz)), track) for track in vowels_hz.T]
    formants_hz += [np.full(len(moments), high) for high in _HIGH_FORMANTS_HZ]
    phase = 2 * np.pi * np.cumsum(pitch_hz) / sample_rate
    total = np.zeros(len(phase))
    for k in range(1, int(_TOP_HZ / pitch_hz.max())):
        frequency = k * np.interp(moments, position, pitch_hz)
        gain_at = np.full(len(moments), 1 / k)
        for formant, width in zip(formants_hz, _FORMANT_WIDTHS_HZ, strict=True):
            gain_at *= formant**2 / np.hypot(formant**2 - frequency**2, frequency * width)
        total += np.interp(position, moments, gain_at) * np.sin(k * phase)
    return total


# --- Clips as files ---


def write_audio(path: Path, samples: npt.ArrayLike, sample_rate: int = RATE, subtype: str = "PCM_16") -> None:
    """Write samples of shape (time,) or (channels, time), in the format of the suffix; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.asarray(samples).T, sample_rate, subtype)


def write_paired_set(folder: Path, n_clips: int = 3) -> Path:
    """Write noisy/ and clean/ with short clips c0, c1, ... of falling noise."""
    for index in range(n_clips):
        clean = speech_like(1.5, RATE, seed=index)
        noise = np.random.default_rng(index).standard_normal(len(clean)) * 10 ** (-(5 + index) / 20) * np.std(clean)
        write_audio(folder / "clean" / f"c{index}.wav", clean)
        write_audio(folder / "noisy" / f"c{index}.wav", clean + noise)
    return folder
