"""The usual mistakes in streaming ports, made on purpose: how much of each model's benefit they cost.

    python -m benchmarks.broken_streams [--models rnnoise,dpcrn-float,dpcrn-quant] [--block-ms 20]

Each model enhances the bundled demo clips of 16 kHz through a stream, once correctly and once with each mistake. The
table of docs/streaming.md is its output: mean over the clips of the SNR against the result for the whole clip, and of
SI-SDR and PESQ-WB against the clean clip.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from seinfer.audio import reading
from seinfer.audio.resampling import Samples, fit_length, resample
from seinfer.backends.base import Enhancer, Streaming, Waveform, pad, run_stream
from seinfer.backends.frames import FramedStream
from seinfer.clips.discovery import DEMO_CLIPS
from seinfer.enhancement.latency import measure_pace
from seinfer.enhancement.loading import load_enhancer
from seinfer.enhancement.parity import agreement_db
from seinfer.metrics.pesq import pesq_wb
from seinfer.metrics.si_sdr import si_sdr
from seinfer.models.registry import load_registry

CLIP_RATE = 16_000
OTHER_RATE = 48_000
"""Hz of the recording for the mistakes of resampling; for a model of this rate, the clip's own rate is used."""


def main() -> None:
    """Print one table per model, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="rnnoise,dpcrn-float,dpcrn-quant", help="names separated by commas")
    parser.add_argument("--block-ms", type=float, default=20.0, help="length of the blocks")
    options = parser.parse_args()
    clips = demo_clips()
    print("| model | stream | SNR against the whole clip, dB | SI-SDR, dB | PESQ-WB |\n|---|---|---|---|---|")
    print(row("", "noisy input", np.mean([scores(noisy, noisy, clean) for noisy, clean in clips], axis=0)))
    for name in options.models.split(","):
        enhancer = load_enhancer(load_registry().find(name), threads=1)
        if not isinstance(enhancer, Streaming):
            parser.error(f"{name} has no stream")
        for mistake, run in mistakes(enhancer, options.block_ms).items():
            measured = [scores(run(noisy), whole_clip(enhancer, noisy), clean) for noisy, clean in clips]
            print(row(name, mistake, np.mean(measured, axis=0)), flush=True)


def demo_clips() -> list[tuple[Waveform, Waveform]]:
    """Return (noisy, clean) of the bundled clips of 16 kHz."""
    paths = sorted((DEMO_CLIPS / "noisy").glob("*_16k.flac"))
    return [
        (reading.read(path).samples[0], reading.read(DEMO_CLIPS / "clean" / path.name).samples[0]) for path in paths
    ]


def whole_clip(enhancer: Enhancer, noisy: Waveform) -> Waveform:
    """Return the result for the whole clip, at the rate of the clip."""
    return from_model(enhancer, enhancer.enhance(pad([to_model(enhancer, noisy)]))[0], len(noisy))


def to_model(enhancer: Enhancer, samples: Waveform) -> Waveform:
    """Change the rate of the clip to that of the model."""
    return resample(samples[None], CLIP_RATE, enhancer.sample_rate)[0]


def from_model(enhancer: Enhancer, samples: Waveform, n_samples: int) -> Waveform:
    """Change the rate of the model to that of the clip, and return `n_samples`."""
    return fit_length(resample(samples[None], enhancer.sample_rate, CLIP_RATE), n_samples)[0]


def mistakes(enhancer: Streaming, block_ms: float) -> Mapping[str, Callable[[Waveform], Waveform]]:
    """Return description -> function of a noisy clip, the correct stream first."""
    n_block = round(block_ms * enhancer.sample_rate / 1000)
    pace = measure_pace(enhancer.open_stream(), enhancer.sample_rate, "the model")
    found = {
        "correct: state carried": lambda at_model: run_stream(enhancer.open_stream(), at_model, n_block),
        f"state reset every {block_ms:g} ms": lambda at_model: reset(enhancer, at_model, n_block),
        "state reset every second": lambda at_model: reset(enhancer, at_model, enhancer.sample_rate),
        f"blocks of {block_ms:g} ms filled with zeros to whole hops": lambda at_model: zero_filled(
            enhancer, at_model, n_block + (pace.hop // 3 if n_block % pace.hop == 0 else 0), pace.hop
        ),
        "delay not removed": lambda at_model: late(
            run_stream(enhancer.open_stream(), at_model, n_block), pace.first_in - pace.first_out
        ),
    }
    if can_lose_overlap(enhancer):
        found["frames without overlap"] = lambda at_model: without_overlap(enhancer, at_model)

    def at_clip_rate(run: Callable[[Waveform], Waveform]) -> Callable[[Waveform], Waveform]:
        return lambda noisy: from_model(enhancer, run(to_model(enhancer, noisy)), len(noisy))

    by_description = {description: at_clip_rate(run) for description, run in found.items()}
    by_description[f"resampler restarted every {block_ms:g} ms"] = lambda noisy: resampler_restarted(
        enhancer, noisy, block_ms
    )
    return by_description


def reset(enhancer: Streaming, noisy: Waveform, n_block: int) -> Waveform:
    """Run each block as if it were a clip of its own."""
    starts = range(0, len(noisy), n_block)
    return np.concatenate([run_stream(enhancer.open_stream(), noisy[i : i + n_block], n_block) for i in starts])


def zero_filled(enhancer: Streaming, noisy: Waveform, n_block: int, hop: int) -> Waveform:
    """Fill each block with zeros to whole hops, carry the state, and remove what comes out for the zeros."""
    n_filled = -(-n_block // hop) * hop
    blocks = np.pad(noisy, (0, -len(noisy) % n_block)).reshape(-1, n_block)
    filled = np.pad(blocks, ((0, 0), (0, n_filled - n_block))).reshape(-1)
    enhanced = run_stream(enhancer.open_stream(), filled, n_filled)
    return enhanced.reshape(-1, n_filled)[:, :n_block].reshape(-1)[: len(noisy)]


def late(enhanced: Waveform, n_samples: int) -> Waveform:
    """Return the output with the delay of the stream in front, cut to the same length."""
    return np.concatenate([np.zeros(n_samples, np.float32), enhanced])[: len(enhanced)]


def can_lose_overlap(enhancer: Streaming) -> bool:
    """Return whether the frames of a model overlap in our code, and not in a library."""
    stream = enhancer.open_stream()
    return isinstance(stream, FramedStream) and stream._framing.hop_length < stream._framing.win_length


def without_overlap(enhancer: Streaming, noisy: Waveform) -> Waveform:
    """Put the frames side by side instead of adding them up where they overlap."""
    stream = enhancer.open_stream()
    assert isinstance(stream, FramedStream), "see can_lose_overlap"
    framing = replace(stream._framing, hop_length=stream._framing.win_length)
    return run_stream(FramedStream(framing, stream._transform), noisy, enhancer.sample_rate)


def resampler_restarted(enhancer: Streaming, noisy: Waveform, block_ms: float) -> Waveform:
    """Change the rate of each block by itself, before and after the network, whose state is carried."""
    rate = CLIP_RATE if enhancer.sample_rate != CLIP_RATE else OTHER_RATE
    recorded = resample(noisy[None], CLIP_RATE, rate)
    n_block = round(block_ms * rate / 1000)
    starts = range(0, recorded.shape[1], n_block)
    into = np.concatenate([resample(recorded[:, i : i + n_block], rate, enhancer.sample_rate)[0] for i in starts])
    enhanced = run_stream(enhancer.open_stream(), into, enhancer.sample_rate)
    n_model = round(block_ms * enhancer.sample_rate / 1000)
    returned: Samples = np.concatenate(
        [
            resample(enhanced[None, i : i + n_model], enhancer.sample_rate, rate)
            for i in range(0, len(enhanced), n_model)
        ],
        axis=1,
    )
    return fit_length(resample(returned, rate, CLIP_RATE), len(noisy))[0]


def scores(estimate: Waveform, whole: Waveform, clean: Waveform) -> tuple[float, float, float]:
    """Return the SNR against the whole clip's result, SI-SDR and PESQ-WB."""
    return (
        agreement_db(whole, estimate),
        si_sdr(reference=clean, estimate=estimate, sample_rate=CLIP_RATE),
        pesq_wb(reference=clean, estimate=estimate, sample_rate=CLIP_RATE),
    )


def row(model: str, stream: str, measured: np.ndarray) -> str:
    """Return a row of the table."""
    agreement, si_sdr_db, pesq = measured
    shown = "" if not model else "identical" if np.isinf(agreement) else f"{agreement:.1f}"
    return f"| {model} | {stream} | {shown} | {si_sdr_db:.2f} | {pesq:.2f} |"


if __name__ == "__main__":
    main()
