"""Measure DeepFilterNet in torch, in a separate process, because torch and TensorFlow must not share one.

    python -m tests.backends.deepfilternet.runner SHARED SCRATCH RESULTS

It makes no assertions: each finding is a JSON line of RESULTS. The process is started with its own home folder, `git`
and working folder, which show whether anything was called or written.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from seinfer.backends.base import Waveform, pad, run_stream
from seinfer.backends.deepfilternet import onnx as deepfilternet
from seinfer.backends.deepfilternet import torch as deepfilternet_torch
from seinfer.backends.deepfilternet.clips import DeepFilterNet
from seinfer.core.errors import SeinferError
from tests.backends.waveforms import alone
from tests.helpers import snr_db

from .damages import DAMAGES
from .models import GOLDEN, NOISY, read, spec_with, unpack_rebuilt, weights_of

MODEL = "deepfilternet3-torch"
N_START_SAMPLES = 960
"""The first 20 ms."""
# Names of keys of the package's config, each with a value that would break it.
POISON = {
    "MODEL": "foo",
    "SR": "16000",
    "DEVICE": "cuda:7",
    "HOP_SIZE": "3",
    "CONV_CH": "1",
    "NB_DF": "x",
    "MASK_PF": "1",
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "post-filter": {"post_filter": True},
    "limit": {"atten_lim_db": 12},
}


def main() -> None:
    shared, scratch, results = map(Path, sys.argv[1:])
    files = unpack_rebuilt(shared, scratch / "unpacked")
    with results.open("w", encoding="utf-8") as lines:
        for name, value in findings(shared, scratch, files):
            lines.write(json.dumps([name, value]) + "\n")
            lines.flush()


def findings(shared: Path, scratch: Path, files: dict[str, Path]) -> Iterator[tuple[str, Any]]:
    os.environ.update(POISON)
    enhancer = load(files)
    clips = {name: clip[:240_000] for name, clip in clips_of(shared).items()}
    poisoned = {name: alone(enhancer, clip) for name, clip in clips.items()}
    yield "environment_kept", all(os.environ.get(name) == value for name, value in POISON.items())
    yield "modules_left", [name for name in sys.modules if name.split(".")[0] in ("df", "torchaudio", "icecream")]
    for name in POISON:
        del os.environ[name]
    yield (
        "poison_changes",
        max(float(np.abs(poisoned[k] - alone(load(files), clip)).max()) for k, clip in clips.items()),
    )

    package = Package(files, scratch)
    yield "agreement", dict(agreement(shared, files, package, clips))
    yield "agreement_of_version_2", dict(agreement_of_version_2(shared, package, clips))
    before = package.state()
    load(files)
    yield "package_kept", package.state() == before
    yield "pieces", pieces(enhancer, clips["freesound"])
    yield "refusals", {name: refusal(scratch / "damaged" / name, files, damage) for name, damage in DAMAGES.items()}
    yield "exit", exits(files)
    yield "logging_kept", logging_kept(files)
    yield "devices", devices(files)
    yield "is_complete", True


def load(files: Mapping[str, Path], device: str = "cpu", **options: Any) -> DeepFilterNet:
    return deepfilternet_torch.load(spec_with(MODEL, **options), files, device=device, threads=1)


def clips_of(shared: Path) -> dict[str, Waveform]:
    freesound, golden = read(shared / NOISY), read(shared / GOLDEN.format("noisy"))
    return {"freesound": freesound, "air conditioner": golden, "quiet": freesound[100_000:] * np.float32(0.05)}


class Package:
    """The functions of the authors' package: `init_df` and `enhance`."""

    def __init__(self, files: Mapping[str, Path], scratch: Path) -> None:
        audio: Any = ModuleType("df.io")
        audio.load_audio = audio.resample = audio.save_audio = None
        sys.modules["df.io"] = audio
        import df  # noqa: F401  # its names hide its modules

        del sys.modules["df.io"]
        self._config, self._enhance = (sys.modules[name] for name in ("df.config", "df.enhance"))
        model = scratch / "package" / "DeepFilterNet3"
        (model / "checkpoints").mkdir(parents=True)
        shutil.copy(files["config.ini"], model)
        shutil.copy(files["model_120.ckpt.best"], model / "checkpoints")
        self._folder = str(model)

    def enhance(
        self,
        clip: Waveform,
        *,
        post_filter: bool = False,
        atten_lim_db: float | None = None,
        graphs: Mapping[str, Path] | None = None,
    ) -> Waveform:
        """Enhance a clip; `graphs`: config.ini and the authors' graphs in place of the checkpoint."""
        import torch

        folder, epoch = (str(graphs["config.ini"].parent), "none") if graphs else (self._folder, "best")
        network, state, _ = self._enhance.init_df(folder, post_filter, epoch=epoch, log_file=None, log_level="none")
        for part in ("enc", "erb_dec", "df_dec") if graphs else ():
            setattr(network, part, graph_layer(graphs[f"{part}.onnx"]))  # type: ignore[index]
        audio = torch.from_numpy(clip[None])
        made: Waveform = self._enhance.enhance(network, state, audio, atten_lim_db=atten_lim_db)[0].numpy()
        return made

    def state(self) -> list[Any]:
        """Return everything that our loading must not change: the modules and the global config."""
        modules = {name: id(module) for name, module in sys.modules.items() if name.split(".")[0] == "df"}
        config = self._config.config
        return [modules, id(config), vars(config).copy(), repr(config), self._config.os is os]


def agreement(
    shared: Path, files: Mapping[str, Path], package: Package, clips: Mapping[str, Waveform]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the differences between package, torch and ONNX, by clip and options."""
    for label, options in OPTIONS.items():
        spec = spec_with("deepfilternet3", **options)
        onnx = deepfilternet.load(spec, weights_of(shared, "deepfilternet3"), device="cpu", threads=1)
        torch = load(files, **options)
        for name, clip in clips.items():
            theirs, one, other = package.enhance(clip, **options), alone(torch, clip), alone(onnx, clip)
            yield (
                f"{name}, {label}",
                {
                    "torch_to_package_db": snr_db(reference=theirs, estimate=one),
                    "onnx_to_package_db": snr_db(reference=theirs, estimate=other),
                    "torch_to_onnx": float(np.abs(one - other).max()),
                },
            )


def graph_layer(path: Path) -> Any:
    """Return one of the authors' graphs, unchanged, as a layer for their network."""
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(path)

    class Graph(torch.nn.Module):
        def forward(self, *tensors: Any) -> Any:
            inputs = (value.name for value in session.get_inputs())
            values = {name: tensor.numpy() for name, tensor in zip(inputs, tensors, strict=True)}
            found = [torch.from_numpy(value) for value in session.run(None, values)]
            return found if len(found) > 1 else found[0]

    return Graph()


def agreement_of_version_2(
    shared: Path, package: Package, clips: Mapping[str, Waveform]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the agreement of package and ONNX in DeepFilterNet 2, by clip and options, also at the start of a clip.

    No checkpoint of it is at hand: in the package's network the authors' graphs replace the trained layers. Features,
    look-ahead, masks, filter and synthesis are the package's. It computes them in float32, which alone changes its
    output by 5e-6; ours equals the float64 reference of these tests to 147 dB.
    """
    files = weights_of(shared, "deepfilternet2")
    for label, options in OPTIONS.items():
        ours = deepfilternet.load(spec_with("deepfilternet2", **options), files, device="cpu", threads=1)
        for name, clip in clips.items():
            theirs, one = package.enhance(clip, **options, graphs=files), alone(ours, clip)
            start = slice(0, N_START_SAMPLES)
            yield (
                f"{name}, {label}",
                {
                    "whole": float(np.abs(theirs - one).max()),
                    "start": float(np.abs(theirs[start] - one[start]).max()),
                    "start_db": snr_db(reference=theirs[start], estimate=one[start]),
                    "start_peak": float(np.abs(theirs[start]).max()),
                },
            )


def pieces(enhancer: DeepFilterNet, clip: Waveform) -> dict[str, float]:
    """Return the differences of batches and streams from each clip alone."""
    clips = [
        clip[5_000 * k : 5_000 * k + n] for k, n in enumerate((60_000, 1, 481, 100_001, 48_000, 20_000, 960, 77, 9_000))
    ]
    singles = [alone(enhancer, clip) for clip in clips]
    batched = enhancer.enhance(pad(clips))
    streamed = run_stream(enhancer.open_stream(), clips[0], 1_777)
    return {
        "batch": max(float(np.abs(one - other).max()) for one, other in zip(batched, singles, strict=True)),
        "stream_db": snr_db(reference=singles[0], estimate=streamed),
    }


def refusal(folder: Path, files: Mapping[str, Path], damage: Callable[[Path, Path], None]) -> list[str]:
    """Return type and message of the error for damaged files."""
    folder.mkdir(parents=True)
    copies = {name: Path(shutil.copy(path, folder)) for name, path in files.items()}
    damage(copies["config.ini"], copies["model_120.ckpt.best"])
    return error_of(lambda: load(copies))


def error_of(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except SeinferError as error:
        return [type(error).__name__, str(error)]
    return ["none", ""]


def exits(files: Mapping[str, Path]) -> list[str]:
    """Return the error that replaces the end of the process by the package."""

    class Exiting:
        def load(self, *args: object, **kwargs: object) -> None:
            sys.exit(1)

    real = deepfilternet_torch.require

    def require(name: str, spec: Any) -> Any:
        module = real(name, spec)
        if name == "df.config":
            module.config = Exiting()  # type: ignore[attr-defined]
        return module

    deepfilternet_torch.require = require  # type: ignore[attr-defined]
    try:
        return error_of(lambda: load(files))
    finally:
        deepfilternet_torch.require = real  # type: ignore[attr-defined]


def logging_kept(files: Mapping[str, Path]) -> bool:
    """Return whether the package's log is silent during a load and works again after it."""
    from loguru import logger

    lines: list[str] = []
    handler = logger.add(lines.append, format="{message}")
    load(files)
    n_of_load = len(lines)
    logger.patch(lambda record: record.update(name="df.model")).info("after")  # type: ignore[arg-type]
    logger.remove(handler)
    return n_of_load == 0 and "after\n" in lines


def devices(files: Mapping[str, Path]) -> dict[str, Any]:
    """Return the device of the network if torch reports a GPU that was not requested, and the error if it was."""
    import torch

    error = error_of(lambda: load(files, device="cuda"))
    real = torch.cuda.is_available
    torch.cuda.is_available = lambda: True  # type: ignore[assignment]
    try:
        network = load(files)._network._network  # type: ignore[attr-defined]
    finally:
        torch.cuda.is_available = real
    return {"cpu": sorted({str(tensor.device) for tensor in network.state_dict().values()}), "cuda": error}


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()
