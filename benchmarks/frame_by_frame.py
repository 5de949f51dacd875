"""Causal networks: seinfer's whole clips, alone and 8 at a time, compared with the published graphs frame by frame.

    python -m benchmarks.frame_by_frame [--threads 1] [--rounds 3] [NAME ...]

The loop over frames is that of the authors' scripts: one frame of one clip per call, with the state given back. All
forms run in turn in each round. Printed are processor seconds per second of audio (medians over the rounds; they vary
less than wall time on a busy machine), and how many times as fast seinfer is. The output is a Markdown table. Models
whose weights are missing are left out.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from seinfer.backends.base import Enhancer, Waveform, pad
from seinfer.core.records import ModelSpec
from seinfer.core.streams import print_message
from seinfer.enhancement.loading import load_enhancer
from seinfer.models import weights
from seinfer.models.registry import load_registry
from seinfer.models.selection import why_not

from .models import CLIP_S, clips_at
from .onnx_frame_loops import ONNX_FRAME_LOOPS
from .originals import Inference
from .timing import time_calls

N_CLIPS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"models, by default all of {', '.join(FRAME_LOOPS)}")
    parser.add_argument("--threads", type=int, default=1, help="threads of each form")
    parser.add_argument("--rounds", type=int, default=3, help="how often each form is timed")
    options = parser.parse_args()
    print(f"| model | frame by frame | one clip | {N_CLIPS} clips | one clip: times as fast | {N_CLIPS} clips |")
    print(f"|{'---|' * 6}")
    specs = load_registry().specs
    for name in options.names or FRAME_LOOPS:
        if reason := why_not(specs[name]):
            print_message(f"{name}: {reason}")
        else:
            print_row(name, measure(specs[name], options.threads, options.rounds))


def measure(spec: ModelSpec, threads: int, n_rounds: int) -> dict[str, float]:
    """Return form -> processor seconds per second of audio."""
    enhancer = load_enhancer(spec, threads=threads)
    clips = clips_at(enhancer.sample_rate, N_CLIPS)
    enhance_clip = FRAME_LOOPS[spec.name](weights.locate(spec))
    calls = dict(forms(enhancer, enhance_clip, clips))
    duration_s = N_CLIPS * CLIP_S
    return {
        form: statistics.median(taken.processor_s for taken in times) / duration_s
        for form, times in time_calls(calls, n_rounds).items()
    }


def forms(
    enhancer: Enhancer, enhance_clip: Inference, clips: list[Waveform]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield (form, function); each function enhances all clips."""
    yield "frames", lambda: [enhance_clip(clip) for clip in clips]
    yield "clip", lambda: [enhancer.enhance(pad([clip])) for clip in clips]
    yield "batch", lambda: enhancer.enhance(pad(clips))


def print_row(name: str, seconds: Mapping[str, float]) -> None:
    cells = [f"{seconds[form]:.4f}" for form in ("frames", "clip", "batch")]
    cells += [f"{seconds['frames'] / seconds[form]:.1f}" for form in ("clip", "batch")]
    print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


# --- The loops of the authors' scripts, by model ---


def dtln_onnx(files: Mapping[str, Path]) -> Inference:
    """Return the loop of breizhn/DTLN, real_time_processing_onnx.py."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    first, second = (
        onnxruntime.InferenceSession(str(files[name]), options, providers=["CPUExecutionProvider"])
        for name in ("model_1.onnx", "model_2.onnx")
    )

    def mask(magnitude: Waveform, state: object) -> list[Waveform]:
        found: list[Waveform] = first.run(None, {"input_2": magnitude, "input_3": state})
        return found

    def denoise(frame: Waveform, state: object) -> list[Waveform]:
        found: list[Waveform] = second.run(None, {"input_4": frame, "input_5": state})
        return found

    return lambda clip: _dtln(clip, mask, denoise)


def dtln_litert(files: Mapping[str, Path]) -> Inference:
    """Return the loop of breizhn/DTLN, real_time_processing_tf_lite.py."""
    from ai_edge_litert.interpreter import Interpreter

    def step(name: str) -> Callable[[Waveform, object], list[Waveform]]:
        interpreter = Interpreter(model_path=str(files[name]), num_threads=1)
        interpreter.allocate_tensors()
        inputs = [tensor["index"] for tensor in interpreter.get_input_details()]
        outputs = [tensor["index"] for tensor in interpreter.get_output_details()]

        def run(values: Waveform, state: object) -> list[Waveform]:
            interpreter.set_tensor(inputs[0], values)
            interpreter.set_tensor(inputs[1], state)
            interpreter.invoke()
            return [interpreter.get_tensor(index) for index in outputs]

        return run

    mask, denoise = step("model_quant_1.tflite"), step("model_quant_2.tflite")
    return lambda clip: _dtln(clip, mask, denoise)


def _dtln(
    clip: Waveform,
    mask: Callable[[Waveform, object], list[Waveform]],
    denoise: Callable[[Waveform, object], list[Waveform]],
) -> object:
    states: list[object] = [np.zeros((1, 2, 128, 2), np.float32) for _ in range(2)]
    made = np.zeros(len(clip) + 512, np.float32)
    for start in range(0, len(clip) - 511, 128):
        spectrum = np.fft.rfft(clip[start : start + 512])
        magnitude = np.abs(spectrum).astype(np.float32)
        gains, states[0] = mask(magnitude[None, None], states[0])
        masked = np.fft.irfft(magnitude * gains[0, 0] * np.exp(1j * np.angle(spectrum)))
        enhanced, states[1] = denoise(masked.astype(np.float32)[None, None], states[1])
        made[start : start + 512] += enhanced[0, 0]
    return made


FRAME_LOOPS: Mapping[str, Callable[[Mapping[str, Path]], Inference]] = {
    "dtln": dtln_onnx,
    "dtln-quant": dtln_litert,
    **ONNX_FRAME_LOOPS,
}
"""Model -> the function that makes its loop, for one clip of shape (time,), out of its files (name -> path)."""


if __name__ == "__main__":
    main()
