"""Stand-ins for models whose weights are not at hand: the same network with other weights, for test_contract.py.

    python -m tests.backends.standins NAME FOLDER

writes one: its weights, and a models file that names them. It runs as a program, because torch is slow to import and
not every test run needs it. A stand-in changes its input little (its weights are made by hand, or trained a little
with the authors' code) or has the model's own weights, rebuilt from another format. So its lag, level and silence can
be judged.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import helpers
from tests.helpers import table


@dataclass(frozen=True)
class StandIn:
    """How to make one stand-in.

    Attributes:
        models: the models of the registry that have its network.
        write: writes it, with its models file, to a folder.
        needs_shared: whether it needs a file of the shared folder.
    """

    models: tuple[str, ...]
    write: Callable[[Path], None]
    needs_shared: bool = False


def build(name: str, folder: Path) -> Path:
    """Make a stand-in in a process of its own and return its models file; skip if it needs an absent folder."""
    if STANDINS[name].needs_shared and helpers.shared_folder() is None:
        pytest.skip(f"{name} is made of files of SEINFER_SHARED or ../shared, which is absent")
    folder.mkdir()
    subprocess.run([sys.executable, "-m", __name__, name, str(folder)], cwd=helpers.ROOT, check=True)
    return folder / "models.toml"


def write_segan(folder: Path) -> None:
    """Write a slim generator whose outermost layers and skip copy each sample; the random other layers add little.

    Silence gives almost silence, because there are no biases and the weights of the latent code are small.
    """
    import torch

    from seinfer.backends.segan.options import Options, tensor_shapes

    options = Options(features=(4, 8, 16, 32, 64), z_dim=64)
    rng = np.random.RandomState(0)
    state = {
        name: np.zeros(shape) if name.endswith("bias") else rng.uniform(-1, 1, shape) * np.sqrt(3 / np.prod(shape[1:]))
        for name, shape in tensor_shapes(options).items()
    }
    # The first layer copies sample 4 m + r of the clip to channel r at position m, and the last layer copies it back.
    first, last = state["enc_blocks.0.conv.weight"], state["dec_blocks.4.deconv.weight"]
    first[:], last[4:] = 0, 0
    for r in range(4):
        first[r, 0, 14 + r] = last[4 + r, 0, 13 + r] = 1
    state["alpha_0.skip_k"][:] = 1
    state["dec_blocks.0.deconv.weight"][: options.z_dim] *= 1e-4
    tensors = {name: torch.from_numpy(values.astype(np.float32)) for name, values in state.items()}
    torch.save({"step": 0, "state_dict": tensors}, folder / "generator.ckpt")
    text = table("segan-standin", backend='"seinfer.backends.segan:load"', extra='"segan"')
    text += f"options = {{ features = {list(options.features)}, z_dim = {options.z_dim} }}\n"
    text += 'files = [{ name = "generator.ckpt", path = "generator.ckpt" }]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def write_demucs_causal(folder: Path) -> None:
    """Name a small Demucs of the architecture of denoiser-dns48, -dns64 and -master64, trained a little."""
    _write_demucs(folder, "demucs-causal-standin", "tiny_causal_h8.th", "{ hidden = 8 }")


def write_demucs_both_ways(folder: Path) -> None:
    """Name a small Demucs of the architecture of denoiser-valentini-nc."""
    options = "{ hidden = 4, causal = false, stride = 2, resample = 2 }"
    _write_demucs(folder, "demucs-nc-standin", "tiny_nc_h4.th", options, causal="false")


def _write_demucs(folder: Path, name: str, weights: str, options: str, **keys: str) -> None:
    path = _shared() / "golden" / "denoiser" / weights
    text = table(name, backend='"seinfer.backends.demucs:load"', extra='"denoiser"', **keys)
    text += f'options = {options}\nfiles = [{{ name = "{weights}", path = "{path}" }}]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def write_cleanunet(folder: Path) -> None:
    """Write a slim CleanUNet whose outermost level copies each sample; the random other levels add little.

    Silence gives silence, because the output level has no bias.
    """
    import torch

    from seinfer.backends.cleanunet.network import Network
    from seinfer.backends.cleanunet.options import Options

    sizes = {
        "hidden": 8,
        "max_hidden": 16,
        "n_blocks": 2,
        "n_heads": 2,
        "attention_width": 16,
        "feed_forward_width": 16,
    }
    network = Network(Options(**sizes))
    rng = np.random.RandomState(0)
    state = {
        name: rng.uniform(-0.1, 0.1, tuple(values.shape)) if values.ndim > 1 else np.zeros(tuple(values.shape))
        for name, values in network.state_dict().items()
    }
    # Channels 0 to 3 hold the positive and the negative part of both samples of a hop: a ReLU loses nothing of them.
    taps, first, gate, last = (
        state[name] for name in ("encoder.0.0.weight", "encoder.0.2.weight", "decoder.7.0.weight", "decoder.7.2.weight")
    )
    for weights in (taps, first[:8], gate[:8], last):
        weights[:4] = 0
    for channel in range(4):
        sign = 1 - 2 * (channel % 2)
        taps[channel, 0, channel // 2] = sign
        last[channel, 0, channel // 2] = sign
        # A gate without input is half open; it follows a factor of 2.
        first[channel, channel] = gate[channel, channel] = 2
    for weights in (first[8:], gate[8:]):
        weights[:4] = 0
    state["decoder.6.2.weight"][:, :4] = 0
    last[4:] *= 0.1
    tensors = {name: torch.from_numpy(values.astype(np.float32)) for name, values in state.items()}
    torch.save({"model_state_dict": tensors}, folder / "pretrained.pkl")
    text = table("cleanunet-standin", backend='"seinfer.backends.cleanunet:load"', extra='"cleanunet"')
    options = ", ".join(f"{name} = {value}" for name, value in sizes.items())
    text += f'options = {{ {options} }}\nfiles = [{{ name = "pretrained.pkl", path = "pretrained.pkl" }}]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def write_mp_senet(folder: Path) -> None:
    """Write an MP-SENet that returns its input: its mask is 1, and its phase decoder is fitted to the phase of noise.

    The first convolution gives 8 features of the phase, each 0 below (or above) some angle, from which the last layer
    can form its sine and cosine. The layers between pass the features of each pair of bins on. The transformers add 0.
    """
    import torch

    from seinfer.backends.mp_senet.network import Network
    from seinfer.backends.mp_senet.options import Options
    from seinfer.backends.mp_senet.spectrum import analyse

    n_features, n_channels = 8, 16
    network = Network(Options(channels=n_channels, n_blocks=1)).eval()
    state = network.state_dict()
    for values in state.values():
        values.zero_()
    for name, values in state.items():
        # Normalisations, and slopes of PReLU: from here on all are 1, except for the first slope.
        if values.ndim == 1 and name.endswith("weight") and "transformer" not in name.lower():
            values.fill_(1)
    features = torch.arange(n_features)
    state["dense_encoder.dense_conv_1.0.weight"][features, 1] = (1.0 - 2 * (features % 2))[:, None, None]
    state["dense_encoder.dense_conv_1.1.bias"][:n_features] = torch.linspace(-1.6, 1.6, n_features)
    state["dense_encoder.dense_conv_1.2.weight"].zero_()
    for block, n in (("dense_encoder", n_features), ("phase_decoder", n_channels)):
        # The last convolution of a dense block reads the input of the block from its last channels.
        copied = torch.arange(n)
        state[f"{block}.dense_block.dense_block.3.1.weight"][copied, 3 * n_channels + copied, 1, 1] = 1
    halve, double = state["dense_encoder.dense_conv_2.0.weight"], state["phase_decoder.phase_conv.0.conv.weight"]
    for odd in (0, 1):
        halve[odd * n_features + features, features, 0, 1 + odd] = 1
        double[odd * n_channels + features, odd * n_features + features, 0, 1] = 1
    network.load_state_dict(state)
    _fit_phase(network, *analyse(torch.from_numpy(np.random.RandomState(0).standard_normal(48_000))))
    torch.save({"generator": network.state_dict()}, folder / "g_best")
    text = table("mp-senet-standin", backend='"seinfer.backends.mp_senet:load"', extra='"mp-senet"', causal="false")
    text += f"options = {{ channels = {n_channels}, n_blocks = 1 }}\n"
    text += 'files = [{ name = "g_best", path = "g_best" }]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def _fit_phase(network: Any, magnitude: Any, phase: Any) -> None:
    """Set the last layer of the phase decoder by least squares, so that its output is the phase that is given."""
    import torch

    seen = []
    hook = network.phase_decoder.phase_conv.register_forward_hook(lambda module, given, made: seen.append(made))
    with torch.no_grad():
        network(magnitude, phase)
        hook.remove()
        features = seen[0][0, :, :, :-1].flatten(1).T
        columns = torch.cat([features, torch.ones(len(features), 1)], 1)
        decoder = network.phase_decoder
        for layer, part in ((decoder.phase_conv_r, phase.cos()), (decoder.phase_conv_i, phase.sin())):
            fitted = torch.linalg.lstsq(columns, part.T.reshape(-1, 1), driver="gelsd").solution[:, 0]
            layer.weight[0, :, 0, 0], layer.bias[0] = fitted[:-1], fitted[-1]


def write_deepfilternet(folder: Path) -> None:
    """Write the checkpoint that was rebuilt from the ONNX graphs of DeepFilterNet 3, batch normalisation folded in."""
    from tests.backends.deepfilternet.models import unpack_rebuilt

    files = unpack_rebuilt(_shared(), folder)
    text = table(
        "deepfilternet3-torch-standin",
        backend='"seinfer.backends.deepfilternet:load_torch"',
        extra='"deepfilternet-torch"',
        sample_rate="48000",
    )
    paths = ", ".join(f'{{ name = "{name}", path = "{path.relative_to(folder)}" }}' for name, path in files.items())
    (folder / "models.toml").write_text(f"{text}files = [{paths}]\n", encoding="utf-8")


def write_nsnet2(folder: Path) -> None:
    """Write a graph that lets loud bins pass."""
    from tests.backends.nsnet2 import write_graph

    write_graph(folder / "gains.onnx")
    text = table("nsnet2-standin", backend='"seinfer.backends.nsnet2:load"', extra='"nsnet2"')
    text += 'files = [{ name = "gains.onnx", path = "gains.onnx" }]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def _shared() -> Path:
    shared = helpers.shared_folder()
    assert shared is not None
    return shared


STANDINS: Mapping[str, StandIn] = {
    "demucs-causal-standin": StandIn(
        ("denoiser-dns48", "denoiser-dns64", "denoiser-master64"), write_demucs_causal, needs_shared=True
    ),
    "demucs-nc-standin": StandIn(("denoiser-valentini-nc",), write_demucs_both_ways, needs_shared=True),
    "segan-standin": StandIn(("segan+",), write_segan),
    "nsnet2-standin": StandIn(("nsnet2",), write_nsnet2),
    "cleanunet-standin": StandIn(("cleanunet", "cleanunet-high"), write_cleanunet),
    "mp-senet-standin": StandIn(("mp-senet", "mp-senet-vb"), write_mp_senet),
    "deepfilternet3-torch-standin": StandIn(("deepfilternet3-torch",), write_deepfilternet, needs_shared=True),
}
"""By the name in their models file."""


if __name__ == "__main__":
    STANDINS[sys.argv[1]].write(Path(sys.argv[2]))
