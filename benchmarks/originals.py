"""The original projects' own inference, if it can be imported together with seinfer.

Each function returns a function that enhances one clip, shape (time,), at the model's rate.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from seinfer.backends.base import Waveform
from seinfer.core.records import ModelSpec

Inference = Callable[[Waveform], object]


def original_of(spec: ModelSpec, weights: dict[str, Path], threads: int, checkpoint: Path | None) -> Inference | None:
    """Return the original's inference with the same weights, or None if it does not run here.

    Args:
        spec: the model.
        weights: its files.
        threads: for torch.
        checkpoint: folder with config.ini and `*.ckpt.best` of DeepFilterNet 3, which its ONNX graphs lack.
    """
    family = spec.backend.removeprefix("seinfer.backends.")
    if family == "rnnoise:load":
        return _pyrnnoise()
    if family == "demucs:load":
        return _denoiser(spec, *weights.values(), threads=threads)
    if family == "segan:load":
        return _segan(spec, *weights.values(), threads=threads)
    if family == "deepfilternet:load_torch":
        return deepfilternet(next(iter(weights.values())).parent, threads)
    if spec.name == "deepfilternet3" and checkpoint:
        return deepfilternet(checkpoint, threads)
    return None


def _pyrnnoise() -> Inference:
    """Return the package's wrapper, which takes chunks of int16."""
    from pyrnnoise import RNNoise

    def enhance_clip(clip: Waveform) -> object:
        return list(RNNoise(48_000).denoise_chunk((clip * 32767).astype(np.int16), partial=True))

    return enhance_clip


def _denoiser(spec: ModelSpec, path: Path, *, threads: int) -> Inference:
    """Return the package's `Demucs.forward`."""
    from dataclasses import asdict

    import torch
    from denoiser.demucs import Demucs

    from seinfer.backends.demucs.checkpoint import read_state
    from seinfer.backends.demucs.options import read_options

    architecture = read_options(spec).architecture
    network = Demucs(**asdict(architecture)).eval()
    network.load_state_dict(read_state(torch, Demucs, path, spec, architecture))

    def enhance_clip(clip: Waveform) -> object:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            return network(torch.from_numpy(clip)[None])

    return enhance_clip


def _segan(spec: ModelSpec, path: Path, *, threads: int) -> Inference:
    """Return the generator in torch's own layers, one window per call, as the authors' script runs it."""
    import torch

    from seinfer.backends.segan.options import WINDOW_SAMPLES, read_options

    from .segan_windows import plain_generator

    options = read_options(spec)
    state = torch.load(path, weights_only=True)
    z = torch.randn(1, options.z_dim, options.code_length)

    def enhance_clip(clip: Waveform) -> None:
        torch.set_num_threads(threads)
        windows = np.pad(clip, (0, -len(clip) % WINDOW_SAMPLES)).reshape(-1, WINDOW_SAMPLES)
        for index in range(len(windows)):
            plain_generator(state, windows[index : index + 1], z)

    return enhance_clip


def deepfilternet(folder: Path, threads: int) -> Inference:
    """Return the authors' own `enhance`, loaded by their `init_df`; the folder has config.ini and `*.ckpt.best`."""
    import tempfile

    import torch

    [checkpoint] = folder.rglob("*.ckpt.best")
    with _without_torchaudio(), tempfile.TemporaryDirectory() as scratch:
        from df.enhance import enhance, init_df

        model = Path(scratch) / "DeepFilterNet3"
        (model / "checkpoints").mkdir(parents=True)
        shutil.copy(folder / "config.ini", model)
        shutil.copy(checkpoint, model / "checkpoints")
        network, state, _ = init_df(str(model), log_file=None, log_level="none")

    def enhance_clip(clip: Waveform) -> None:
        torch.set_num_threads(threads)
        enhance(network, state, torch.from_numpy(clip[None]))
        torch.set_num_threads(1)  # seinfer's engine expects one

    return enhance_clip


@contextmanager
def _without_torchaudio() -> Iterator[None]:
    """Replace `df.io`, which reads and writes files with an old torchaudio and is not needed here."""
    audio: Any = ModuleType("df.io")
    audio.load_audio = audio.resample = audio.save_audio = None
    sys.modules["df.io"] = audio
    try:
        yield
    finally:
        del sys.modules["df.io"]
