"""Measure one model against the contract of a backend, in a process of its own.

    python -m tests.backends.contract_runner MODEL WEIGHTS_JSON RESULTS [MODELS_FILE]

Each model has a process because peak memory is measured per process, and because the imports of one framework would
hide those of another. The runner only measures; test_contract.py judges. Each finding is a JSON line of RESULTS and is
written at once, so a crash leaves the earlier findings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.audio.reading import read
from seinfer.audio.resampling import resample
from seinfer.backends.base import Enhancer, Stream, Streaming, Waveform, pad, stream_over
from seinfer.clips.discovery import DEMO_CLIPS
from seinfer.core.processor_time import peak_rss_mib
from seinfer.core.records import ModelSpec
from seinfer.enhancement.latency import measure_pace
from seinfer.enhancement.parity import block_lengths, block_parities
from seinfer.models.registry import load_registry, resolve
from tests.backends.waveforms import alone
from tests.helpers import gain_db, lag_samples, peak_dbfs, shared_folder, snr_db, speech_like

# One sample, and lengths just below and above the hops and windows that denoisers use.
LENGTHS = (1, 2, 160, 199, 200, 255, 256, 257, 479, 480, 481, 512, 4_801)
LONG_S = (30.0, 65.0)
FRAMEWORKS = ("torch", "tensorflow", "keras", "onnxruntime", "ai_edge_litert", "pyrnnoise", "df", "denoiser")
ANY_RATE = 16_000
QUIET = np.float32(0.25)


def main() -> None:
    model, weights, results, *models_files = sys.argv[1:]
    spec = load_registry(map(Path, models_files)).find(model)
    with Path(results).open("w", encoding="utf-8") as lines:
        for name, value in findings(spec, {name: Path(path) for name, path in json.loads(weights).items()}):
            lines.write(json.dumps([name, value]) + "\n")
            lines.flush()


def findings(spec: ModelSpec, weights: dict[str, Path]) -> Iterator[tuple[str, Any]]:
    """Yield (name, finding); memory first, before anything else can raise the peak."""
    load = resolve(spec)
    yield "frameworks_imported_before_load", [name for name in FRAMEWORKS if name in sys.modules]
    enhancer = load(spec, weights, device="cpu", threads=2)
    yield "is_enhancer", isinstance(enhancer, Enhancer)
    yield "device", getattr(enhancer, "device", "")
    yield "is_streaming", stream_over(enhancer, np.ones(1, np.float32)) is not None
    yield "sample_rate", enhancer.sample_rate
    rate = enhancer.sample_rate or ANY_RATE
    speech = clean_speech(rate, 10.0)
    noisy = speech + 0.02 * np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    yield "long", long_clips(enhancer, noisy, rate)
    yield "lengths", {n: health(enhancer, noisy[rate : rate + n]) for n in LENGTHS}
    yield "silence_dbfs", peak_dbfs(alone(enhancer, np.zeros(rate, np.float32)))
    yield "alignment", alignment(enhancer, speech)
    yield "batching", batching(enhancer, noisy, rate)
    if stream_over(enhancer, np.ones(1, np.float32)) is not None:
        yield "streams_db", streams(enhancer, noisy[rate : 2 * rate])
    if isinstance(enhancer, Streaming):
        yield "parity_db", parity(enhancer, rate)
    yield "is_complete", True


def clean_speech(sample_rate: int, duration_s: float) -> Waveform:
    """Return real speech if the shared folder is present, a synthetic signal otherwise."""
    folder = shared_folder()
    if folder is None:
        return speech_like(duration_s, sample_rate)
    import soundfile
    import soxr

    parts = [soundfile.read(folder / f"clips/vctk16k/clean/p287_00{k}.wav", dtype="float32") for k in (3, 4)]
    joined = soxr.resample(np.concatenate([samples for samples, _ in parts]), parts[0][1], sample_rate)
    return joined[: round(duration_s * sample_rate)]


def health(enhancer: Enhancer, waveform: Waveform) -> dict[str, Any]:
    """Return the properties that the contract demands of any result."""
    batch = pad([waveform])
    before = batch.samples.copy()
    enhanced = enhancer.enhance(batch)
    return {
        "shapes": [list(row.shape) for row in enhanced],
        "dtypes": [str(row.dtype) for row in enhanced],
        "is_finite": all(bool(np.isfinite(row).all()) for row in enhanced),
        "is_input_kept": np.array_equal(batch.samples, before),
        "shares_memory_with_input": any(np.shares_memory(row, batch.samples) for row in enhanced),
    }


def long_clips(enhancer: Enhancer, noisy: Waveform, rate: int) -> dict[str, Any]:
    """Return the health of long clips by their number of samples, and the growth of peak memory per second of audio."""
    found, peaks_mib = {}, []
    for duration_s in LONG_S:
        n_samples = round(duration_s * rate)
        found[n_samples] = health(enhancer, np.resize(noisy, n_samples))
        peaks_mib.append(peak_rss_mib())
    return {"health": found, "mib_per_s": (peaks_mib[-1] - peaks_mib[0]) / (LONG_S[-1] - LONG_S[0])}


def alignment(enhancer: Enhancer, speech: Waveform) -> dict[str, Any]:
    """Return lag and gain on clean speech, and the gain on the same speech 12 dB quieter."""
    enhanced = alone(enhancer, speech)
    quiet = speech[: len(speech) // 2] * QUIET
    return {
        "lag_samples": lag_samples(reference=speech, estimate=enhanced),
        "gain_db": gain_db(reference=speech, estimate=enhanced),
        "quiet_gain_db": gain_db(reference=quiet, estimate=alone(enhancer, quiet)),
    }


def batching(enhancer: Enhancer, noisy: Waveform, rate: int) -> dict[str, float]:
    """Return the largest difference from each clip alone, for batches in several orders and for a later repeat."""
    clips = [noisy[round(a * rate) : round(b * rate)] for a, b in ((1, 1.31), (2, 3.4), (4, 4.0123), (5, 5.9))]
    singles = [alone(enhancer, clip) for clip in clips]

    def worst(order: list[int]) -> float:
        enhanced = enhancer.enhance(pad([clips[i] for i in order]))
        return max(float(np.abs(row - singles[i]).max()) for row, i in zip(enhanced, order, strict=True))

    orders = {"as given": [0, 1, 2, 3], "reversed": [3, 2, 1, 0], "twice the same": [2, 1, 2]}
    found = {name: worst(order) for name, order in orders.items()}
    return {**found, "repeat": float(np.abs(alone(enhancer, clips[1]) - singles[1]).max())}


def streams(enhancer: Enhancer, noisy: Waveform) -> dict[str, float]:
    """Return the SNR of each stream relative to the whole clip, by the sizes of its blocks."""
    whole, half = alone(enhancer, noisy), len(noisy) // 2
    cuts = ([37], [1_000], [0, 1, 4_801, 160, 333], [len(noisy)])
    found = {
        f"blocks of {blocks}": snr_db(reference=whole, estimate=push_all(enhancer, noisy, blocks)) for blocks in cuts
    }
    for n in (1, 2, 257, 481):
        clip = noisy[half : half + n]
        found[f"{n} samples"] = snr_db(reference=alone(enhancer, clip), estimate=push_all(enhancer, clip, [1]))
    return {**found, **interleaved(enhancer, noisy[:half], noisy[half:])}


def parity(enhancer: Streaming, rate: int) -> dict[int, float]:
    """Return the SNR of streams relative to the whole clip on a bundled recording, by the length of the blocks."""
    clip = read(DEMO_CLIPS / "noisy" / "street_16k.flac")
    noisy = resample(clip.samples[:1, : 3 * clip.sample_rate], clip.sample_rate, rate)[0]
    lengths = block_lengths(measure_pace(enhancer.open_stream(), rate, "the model").hop, rate)
    parities = block_parities(enhancer.open_stream, noisy, alone(enhancer, noisy), lengths)
    return {found.block_samples: found.snr_db for found in parities}


def opened(enhancer: Enhancer, waveform: Waveform) -> Stream:
    stream = stream_over(enhancer, waveform)
    assert stream is not None
    return stream


def push_all(enhancer: Enhancer, waveform: Waveform, blocks: list[int]) -> Waveform:
    """Send a clip through a stream in blocks of the given sizes, repeated in turn."""
    stream, pieces, start = opened(enhancer, waveform), [], 0
    while start < len(waveform):
        size = blocks[len(pieces) % len(blocks)]
        pieces.append(stream.push(waveform[start : start + size]))
        start += size
    return np.concatenate([*pieces, stream.finish()])


def interleaved(enhancer: Enhancer, one: Waveform, other: Waveform) -> dict[str, float]:
    """Return the SNR of two streams that are fed in turn, relative to each clip alone."""
    first, second = opened(enhancer, one), opened(enhancer, other)
    pieces: tuple[list[Waveform], list[Waveform]] = ([], [])
    for start in range(0, len(one), 1_111):
        pieces[0].append(first.push(one[start : start + 1_111]))
        pieces[1].append(second.push(other[start : start + 1_111]))
    pieces[0].append(first.finish())
    pieces[1].append(second.finish())
    return {
        f"fed in turn, {name}": snr_db(reference=alone(enhancer, clip), estimate=np.concatenate(found))
        for name, clip, found in (("first", one, pieces[0]), ("second", other, pieces[1]))
    }


if __name__ == "__main__":
    main()
