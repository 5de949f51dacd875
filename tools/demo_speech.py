"""Text-to-speech for the demo clips: statistical voices of the Debian packages flite and festival.

The rule: only voices that denoisers treat as speech, and whose output may be redistributed. All of them are statistical
models of CMU ARCTIC speakers under permissive licences of Carnegie Mellon University; the output contains no part of a
recording. RNNoise changes the level of the demo's sentences by less than 0.2 dB, as it does with people; it reduces the
formant synthesis of espeak-ng by up to 4 dB.

Source: flite 2.2 with its voices slt, rms and awb, 16 kHz; festival 2.5.0 with festvox-us-slt-hts of the HTS working
group, 32 kHz, the only one with content above 8 kHz.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

Signal = npt.NDArray[np.float64]
"""Samples of one channel, shape (time,)."""

INSTALL = "on Debian 12: apt-get install flite festival festvox-us-slt-hts"
VERSIONS = {"flite": "flite-2.2", "festival": "2.5.0"}
HTS = "cmu_us_slt_arctic_hts"


@dataclass(frozen=True)
class Voice:
    """A voice of a program.

    Attributes:
        model: the program's name for it.
        playback_speed: the sound is played at this speed, which lowers pitch and formants, while the program speaks
        faster
            by the same factor: a deeper voice at the normal rate of speech.
    """

    program: str
    model: str
    playback_speed: float = 1.0


VOICES = {
    "slt": Voice("flite", "slt"),
    "rms": Voice("flite", "rms"),
    "awb": Voice("flite", "awb"),
    "slt-hts": Voice("festival", HTS),
    "slt-hts-low": Voice("festival", HTS, playback_speed=0.82),
}


def require_programs() -> None:
    """Exit unless the programs are installed in the versions that made the committed clips."""
    for program, expected in VERSIONS.items():
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed; expected {program} ({expected}); {INSTALL}")
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if expected not in version.stdout + version.stderr:
            raise SystemExit(f"{program} --version prints {version.stdout.strip()!r}; expected {expected}; {INSTALL}")
    voices = subprocess.run(["festival", "-b", "(print (voice.list))"], capture_output=True, text=True, check=True)
    if HTS not in voices.stdout:
        raise SystemExit(f"festival has only the voices {voices.stdout.strip()}; expected {HTS}; {INSTALL}")


@cache
def speak(voice_name: str, text: str, sample_rate: int) -> Signal:
    """Return spoken text of shape (time,) at `sample_rate` Hz, without silence around it; cached and so read-only."""
    voice = VOICES[voice_name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        _synthesise(voice, text, path)
        speech, rate = sf.read(path)
    played_rate = rate * voice.playback_speed
    speech = speech - speech.mean()
    resampled = speech if played_rate == sample_rate else soxr.resample(speech, played_rate, sample_rate, quality="VHQ")
    trimmed = _trimmed(np.asarray(resampled, np.float64), sample_rate)
    trimmed.flags.writeable = False
    return trimmed


def _synthesise(voice: Voice, text: str, path: Path) -> None:
    if voice.program == "flite":
        subprocess.run(["flite", "-voice", voice.model, "-t", text, "-o", str(path)], check=True)
        return
    script = path.with_suffix(".scm")
    script.write_text(
        f"(voice_{voice.model})\n"
        f'(set! hts_engine_params (append hts_engine_params (list (list "-r" {1 / voice.playback_speed:.6f}))))\n'
        f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" \'riff)\n',
        encoding="ascii",
    )
    subprocess.run(["festival", "-b", str(script)], check=True)


def _trimmed(speech: Signal, sample_rate: int) -> Signal:
    """Cut both ends that are 50 dB below the peak, except 30 ms, which are faded in and out."""
    loud = np.flatnonzero(np.abs(speech) > np.abs(speech).max() * 10 ** (-50 / 20))
    margin = round(0.03 * sample_rate)
    kept = speech[max(0, loud[0] - margin) : loud[-1] + margin].copy()
    fade = np.sin(np.linspace(0, np.pi / 2, margin)) ** 2
    kept[:margin] *= fade
    kept[-margin:] *= fade[::-1]
    return kept
