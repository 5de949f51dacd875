"""GTCRN: seinfer's whole clips, alone and 8 at a time, compared with the authors' graph frame by frame.

    python -m benchmarks.gtcrn_frame_by_frame gtcrn_simple.onnx [--threads 1] [--rounds 3]

The graph is stream/onnx_models/gtcrn_simple.onnx of Xiaobin-Rong/gtcrn@3862c44. It has the weights of the model gtcrn,
which must have been pulled. All forms run in turn in each round. Printed are processor seconds per second of audio
(medians over the rounds; they vary less than wall time on a busy machine), and how many times as fast seinfer is.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from seinfer.backends.base import Enhancer, Waveform, pad
from seinfer.enhancement.loading import load_enhancer
from seinfer.models.registry import load_registry

from .models import CLIP_S, clips_at
from .timing import time_calls

N_CLIPS = 8
_WIN, _HOP = 512, 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", type=Path, help="gtcrn_simple.onnx")
    parser.add_argument("--threads", type=int, default=1, help="threads of each form")
    parser.add_argument("--rounds", type=int, default=3, help="how often each form is timed")
    options = parser.parse_args()
    enhancer = load_enhancer(load_registry().specs["gtcrn"], threads=options.threads)
    clips = clips_at(enhancer.sample_rate, N_CLIPS)
    calls = dict(forms(enhancer, frame_loop(options.graph), clips))
    seconds = {
        form: statistics.median(taken.processor_s for taken in times) / (N_CLIPS * CLIP_S)
        for form, times in time_calls(calls, options.rounds).items()
    }
    print(f"{N_CLIPS} clips of {CLIP_S:g} s, processor seconds per second of audio")
    for form, taken in seconds.items():
        print(f"{form:16}{taken:8.4f}{seconds['frame by frame'] / taken:8.1f} times as fast")


def forms(
    enhancer: Enhancer, enhance_clip: Callable[[Waveform], object], clips: list[Waveform]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield (form, function); each function enhances all clips."""
    yield "frame by frame", lambda: [enhance_clip(clip) for clip in clips]
    yield "clip by clip", lambda: [enhancer.enhance(pad([clip])) for clip in clips]
    yield f"{len(clips)} clips at once", lambda: enhancer.enhance(pad(clips))


def frame_loop(graph: Path) -> Callable[[Waveform], object]:
    """Return the loop over frames of Xiaobin-Rong/gtcrn, stream/gtcrn_stream.py, for one clip of shape (time,)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    names = [tensor.name for tensor in inputs]
    window = np.sin(np.pi * np.arange(_WIN) / _WIN)

    def enhance(clip: Waveform) -> object:
        states = [np.zeros(tensor.shape, np.float32) for tensor in inputs[1:]]
        padded = np.pad(clip, _WIN // 2, mode="reflect")
        made = np.zeros(len(padded))
        for start in range(0, len(padded) - _WIN + 1, _HOP):
            spectrum = np.fft.rfft(padded[start : start + _WIN] * window)
            parts = np.stack([spectrum.real, spectrum.imag], -1)[None, :, None].astype(np.float32)
            enhanced, *states = session.run(None, dict(zip(names, [parts, *states], strict=True)))
            re, im = enhanced[0, :, 0].T
            made[start : start + _WIN] += np.fft.irfft(re + 1j * im) * window
        return made[_WIN // 2 : -_WIN // 2]

    return enhance


if __name__ == "__main__":
    main()
