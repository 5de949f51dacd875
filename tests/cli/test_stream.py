"""`seinfer stream`: raw samples through pipes as a shell connects them, and --live with a stand-in for sounddevice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import seinfer
from tests.helpers import SEINFER, snr_db, speech_like

RATE = 48_000


def stream(*arguments: object, data: bytes = b"", **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*SEINFER, "stream", *map(str, arguments)], input=data, capture_output=True, timeout=120, check=False, **options
    )


def test_stream_of_float_samples_equals_the_whole_recording() -> None:
    wav = speech_like(1.0, RATE)
    result = stream("--model", "rnnoise", data=wav.astype("<f4").tobytes())
    assert result.returncode == 0, result.stderr
    streamed = np.frombuffer(result.stdout, "<f4")
    assert len(streamed) == len(wav)
    assert snr_db(reference=seinfer.enhance(wav, RATE), estimate=streamed) > 60
    assert result.stderr == b""  # no meter: standard error is no terminal


def test_stream_of_two_channels_of_16_bits_keeps_their_order() -> None:
    samples = np.random.default_rng(0).integers(-32_768, 32_768, (5_000, 2)).astype("<i2")
    result = stream("--model", "noisy", "--format", "s16", "--channels", 2, "--rate", 8_000, data=samples.tobytes())
    assert result.stdout == samples.tobytes()


def test_stream_writes_its_output_while_the_input_is_still_open() -> None:
    command = [*SEINFER, "stream", "--model", "noisy", "--rate", "16000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        block = np.arange(160, dtype="<f4").tobytes()
        os.write(process.stdin.fileno(), block)
        assert process.stdout.read(len(block)) == block
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0


def test_stream_that_ends_within_a_sample_enhances_the_others_and_is_an_error() -> None:
    result = stream("--model", "noisy", data=bytes(4 * 100 + 3))
    assert result.returncode == 1
    assert len(result.stdout) == 400
    assert b"the input ended within a sample: 3 of the 4 bytes" in result.stderr


def test_stream_whose_reader_ends_is_no_error() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*SEINFER, "stream", "--model", "noisy"], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        with pytest.raises(BrokenPipeError):
            while True:
                os.write(process.stdin.fileno(), bytes(65_536))
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_stream_of_nan_is_an_error() -> None:
    result = stream("--model", "noisy", data=np.full(10, np.nan, "<f4").tobytes())
    assert result.returncode == 1
    assert b"NaN" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "noisy", "--format", "s24"), "--format is 's24'; expected f32 or s16"),
        (("--model", "rnoise"), "did you mean rnnoise"),
        (("--model", "noisy", "--input-device", "0"), "have no effect without --live"),
        (("--model", "rnnoise", "--rate", "44099"), "44099 Hz cannot be changed to 48000 Hz in a stream"),
    ],
)
def test_stream_with_a_wrong_option_says_what_is_expected(arguments: tuple[str, ...], message: str) -> None:
    result = stream(*arguments)
    assert result.returncode == 2
    assert message in result.stderr.decode()


def test_stream_without_redirected_input_is_refused() -> None:
    master, terminal = os.openpty()
    try:
        result = subprocess.run(
            [*SEINFER, "stream", "--model", "noisy"], stdin=terminal, capture_output=True, timeout=60, check=False
        )
    finally:
        os.close(master)
        os.close(terminal)
    assert result.returncode == 2
    assert b"standard input is a terminal" in result.stderr


def test_stream_on_a_terminal_shows_levels_and_load() -> None:
    master, terminal = os.openpty()
    try:
        for options, is_shown in (((), True), (("--no-meter",), False)):
            result = subprocess.run(
                [*SEINFER, "stream", "--model", "rnnoise", *options],
                input=np.full(10 * RATE, 0.1, "<f4").tobytes(),
                stdout=subprocess.DEVNULL,
                stderr=terminal,
                timeout=60,
                check=False,
            )
            assert result.returncode == 0
            os.write(terminal, b"end\n")
            shown = b""
            while b"end" not in shown:
                shown += os.read(master, 65_536)
            assert (b"rnnoise, 48000 Hz, latency 30.0 ms" in shown) is is_shown
            assert (b"in  -20.0 dBFS" in shown) is is_shown
    finally:
        os.close(master)
        os.close(terminal)


SOUNDDEVICE = """
import numpy as np

class PortAudioError(Exception): pass
class CallbackAbort(Exception): pass

class Stream:
    def __init__(self, *, samplerate, blocksize, device, channels, callback, finished_callback, **settings):
        if device[0] == 7:
            raise PortAudioError("no such device")
        self.values = samplerate, blocksize, device, channels, callback, finished_callback
    def __enter__(self):
        samplerate, blocksize, device, channels, callback, finished = self.values
        given = np.full((blocksize, channels), 0.5, np.float32)
        out = np.zeros_like(given)
        callback(given, out, blocksize, None, "input overflow")
        print("played", samplerate, blocksize, device, channels, float(out.mean()), flush=True)
        raise KeyboardInterrupt
    def __exit__(self, *_): pass
"""


@pytest.fixture
def sounddevice(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which a stand-in for the package sounddevice is installed."""
    (tmp_path / "sounddevice.py").write_text(SOUNDDEVICE)
    (tmp_path / "sounddevice-0.5.0.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: sounddevice\nVersion: 0.5.0\n"
    (tmp_path / "sounddevice-0.5.0.dist-info" / "METADATA").write_text(metadata)
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_stream_live_runs_from_microphone_to_loudspeaker_until_ctrl_c(sounddevice: dict[str, str]) -> None:
    result = stream("--model", "noisy", "--live", "--output-device", "Speaker", "--channels", 2, env=sounddevice)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode().strip() == "played 48000 480 (None, 'Speaker') 2 0.5"
    assert b"latency 10.0 ms and that of the sound card" in result.stderr
    assert b"1 blocks came too late" in result.stderr


def test_stream_live_of_a_device_that_is_not_there_is_an_error(sounddevice: dict[str, str]) -> None:
    result = stream("--model", "noisy", "--live", "--input-device", "7", env=sounddevice)
    assert result.returncode == 1
    assert b"no such device; list the devices with python -m sounddevice" in result.stderr
