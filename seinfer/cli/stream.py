"""`seinfer stream`: raw audio from standard input to standard output, or from microphone to loudspeaker."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import UsageError
from ..core.exit_codes import ALL_DONE
from ..core.streams import print_message, styled
from . import completion, resolve
from .options import Config, Device, ModelsFile, Option, Threads

if TYPE_CHECKING:
    from ..audio.resampling import Samples
    from ..enhancement.model import Model

_METER_S = 0.1


def stream(
    model: Annotated[str, typer.Option("--model", autocompletion=completion.model, help="Name of a model.")],
    rate: Annotated[int, typer.Option("--rate", min=1, help="Sample rate in Hz.")] = 48_000,
    pcm_format: Annotated[
        str,
        typer.Option(
            "--format",
            autocompletion=completion.one_of("f32", "s16"),
            help="Samples in and out: f32 (float, full scale 1) or s16 (16 bit), little-endian, channels interleaved.",
        ),
    ] = "f32",
    channels: Annotated[int, typer.Option("--channels", min=1, max=64, help="Each is enhanced by itself.")] = 1,
    block: Annotated[
        float,
        typer.Option(
            "--block", min=1.0, max=10_000.0, help="Longest block that is read at once, in ms; with --live every block."
        ),
    ] = resolve.DEFAULT_BLOCK_MS,
    live: Annotated[bool, typer.Option("--live", help="From microphone to loudspeaker (extra live).")] = False,
    input_device: Annotated[
        str | None, typer.Option("--input-device", help="Number or part of the name, for --live.")
    ] = None,
    output_device: Annotated[
        str | None, typer.Option("--output-device", help="Number or part of the name, for --live.")
    ] = None,
    meter: Annotated[
        bool, typer.Option("--meter/--no-meter", help="Show levels and load on standard error, on a terminal only.")
    ] = True,
    device: Device = "auto",
    threads: Threads = 1,
    models_file: ModelsFile = None,
    option: Option = None,
    config: Config = None,
) -> None:
    """Enhance raw audio while it arrives: seinfer stream --model NAME < in.raw > out.raw."""
    if pcm_format not in ("f32", "s16"):
        raise UsageError(f"--format is {pcm_format!r}; expected f32 or s16")
    if not live and (input_device or output_device):
        raise UsageError("--input-device and --output-device have no effect without --live; add --live")
    if not live:
        _refuse_terminals()
    sounddevice = _sounddevice() if live else None
    loaded = _load(model, device, threads, models_file, option)
    shown = _Meter(rate, is_shown=meter and sys.stderr.isatty())
    block_samples = max(1, round(block * rate / 1000))
    if sounddevice:
        _run_live(sounddevice, loaded, rate, channels, block_samples, (input_device, output_device), shown)
    else:
        _run_pipe(loaded, rate, channels, block_samples, pcm_format, shown)
    raise typer.Exit(ALL_DONE)


def _refuse_terminals() -> None:
    for stream, use in ((sys.stdin, "< in.raw"), (sys.stdout, "> out.raw")):
        if stream.isatty():
            raise UsageError(
                f"standard {'input' if stream is sys.stdin else 'output'} is a terminal, expected raw samples in a "
                f"file or a pipe: add {use}, or use --live for a microphone and a loudspeaker"
            )


def _load(
    name: str, device: str, threads: int | None, models_file: list[Any] | None, option: list[str] | None
) -> Model:
    from ..core.logs import log_library_output
    from ..enhancement.loading import load_on
    from ..enhancement.model import Model
    from ..models.options import with_options
    from ..models.selection import open_registry, runnable

    spec = runnable(open_registry(models_file or ()).find(name))
    [spec] = with_options([spec], resolve.model_settings(option))
    if spec.python:
        raise UsageError(
            f"{name} runs in an interpreter of its own; stream it there: {spec.python} -m seinfer stream --model {name}"
        )
    with log_library_output(spec.backend):
        loaded = load_on(spec, device=resolve.device(device), threads=threads)
    return Model(spec, loaded.enhancer, loaded.device)


def _run_pipe(model: Model, rate: int, channels: int, block_samples: int, pcm_format: str, shown: _Meter) -> None:
    """Copy standard input to standard output through the stream; end quietly when the reader of the output ends."""
    from ..enhancement.pcm import PcmStream

    opened = model.stream(rate, low_delay=True)
    shown.announce(f"{model.spec.name}, {rate} Hz, latency {opened.latency_ms:.1f} ms")
    pcm = PcmStream(opened, pcm_format, channels, shown.add)
    n_bytes = block_samples * channels * (4 if pcm_format == "f32" else 2)
    try:
        while data := os.read(0, n_bytes):
            _write(pcm.push(data))
        _write(pcm.finish())
    except BrokenPipeError:
        return
    finally:
        shown.end()
    pcm.require_complete()


def _write(data: bytes) -> None:
    """Write to the descriptor itself: no buffer delays the output, and a closed pipe is noticed."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def _run_live(
    sounddevice: Any,
    model: Model,
    rate: int,
    channels: int,
    block_samples: int,
    devices: tuple[str | None, str | None],
    shown: _Meter,
) -> None:
    """Run until Ctrl-C, which is the ordinary end."""
    from ..enhancement.live import Live

    opened = model.stream(rate, block_samples=block_samples)
    print_message(
        f"{model.spec.name}, {rate} Hz, latency {opened.latency_ms:.1f} ms and that of the sound card; end with Ctrl-C"
    )
    live = Live(sounddevice, opened, shown.add)
    first, second = (int(name) if name and name.isdigit() else name for name in devices)
    try:
        live.run(first, second, channels)
    except KeyboardInterrupt:
        pass
    finally:
        shown.end()
        if live.n_late:
            print_message(f"{live.n_late} blocks came too late for the sound card; try a longer --block")


def _sounddevice() -> Any:
    """Import the package of the extra.

    Raises:
        MissingExtraError: it is not installed.
        BackendError: its library PortAudio is not there.
    """
    from ..core.errors import BackendError
    from ..models.extras import require_extra

    require_extra("live", "seinfer stream --live")
    try:
        import sounddevice
    except OSError as error:
        raise BackendError(
            f"sounddevice cannot be used: {error}; install PortAudio, on Debian and Ubuntu: apt install libportaudio2"
        ) from error
    return sounddevice


class _Meter:
    """Shows the levels and the load of the last tenth of a second on one line of the terminal."""

    def __init__(self, sample_rate: int, *, is_shown: bool, clock: Callable[[], float] = time.monotonic) -> None:
        from ..enhancement.pcm import Load

        self._new_load = Load
        self._load = Load()
        self._sample_rate = sample_rate
        self._is_shown = is_shown
        self._clock = clock
        self._shown_at_s = clock()

    def announce(self, line: str) -> None:
        """Print a line before the first block, on a terminal."""
        if self._is_shown:
            print_message(line)

    def add(self, given: Samples, returned: Samples, busy_s: float) -> None:
        """Count a block, and show the line again when a tenth of a second has passed."""
        if not self._is_shown:
            return
        self._load.add(given, returned, busy_s)
        if self._clock() - self._shown_at_s >= _METER_S:
            styled(sys.stderr).write(f"\r{self._load.describe(self._sample_rate)}")
            sys.stderr.flush()
            self._load, self._shown_at_s = self._new_load(), self._clock()

    def end(self) -> None:
        """End the line."""
        if self._is_shown:
            print_message("")
