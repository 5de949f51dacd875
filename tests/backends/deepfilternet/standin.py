"""A small network with the interface of DeepFilterNet, made from a seed: as ONNX graphs, and in float64 numpy.

It has every operation that the adapter must handle: padding and convolution over past frames, a grouped linear layer, a
GRU, skip connections, and both decoders. The weights are made when a test needs them and are not stored. With conv = a
convolution over the present and past frames, for every band or bin by itself:

    e0 = relu(conv(feat_erb))         e1, e2 = means of 2 and of 4 bands of e0        e3 = sigmoid(e2)
    c0 = relu(conv(feat_spec))        emb = tanh(GRU(grouped linear(e3)) We)
    m = sigmoid(emb Wm + sum over channels of wm (e0 + [e1, e2, e3]))
    coefs = 0.3 tanh(conv(c0)) + emb Wd, the same for all taps
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

Exact = npt.NDArray[np.float64]

WIDTHS = {"deepfilternet2": 256, "deepfilternet3": 512}
N_HIDDEN = 16
CONFIG = {
    "train": {"model": "deepfilternet3"},
    "df": {
        "sr": "48000",
        "fft_size": "960",
        "hop_size": "480",
        "nb_erb": "32",
        "nb_df": "96",
        "norm_tau": "1",
        "min_nb_erb_freqs": "2",
        "df_order": "5",
        "df_lookahead": "2",
    },
    "deepfilternet": {"conv_lookahead": "2", "df_n_iter": "1", "dfop_method": "df"},
    "asrloss": {"model": "base.en"},
}
"""The keys of the authors' config.ini that seinfer reads, and one that it must not read."""


def write_config(path: Path, changes: Mapping[tuple[str, str], str | None]) -> Path:
    """Write a config.ini; `changes` are (section, key) -> value, None removes the key."""
    sections = {name: dict(keys) for name, keys in CONFIG.items()}
    for (section, key), value in changes.items():
        sections[section].pop(key, None)
        if value is not None:
            sections[section][key] = value
    lines = [f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) for name, keys in sections.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def draw_weights(architecture: str) -> dict[str, Exact]:
    """Return name -> values, float32 values in double precision."""
    rng, width = np.random.RandomState(3), WIDTHS[architecture]
    shapes = {
        "e0": ((64, 1, 3, 1), 1.0),
        "c0": ((64, 2, 3, 1), 0.5),
        "grouped": ((8, 64, 4), 0.3),
        "gru_w": ((1, 3 * N_HIDDEN, 32), 0.5),
        "gru_r": ((1, 3 * N_HIDDEN, N_HIDDEN), 0.4),
        "gru_b": ((1, 6 * N_HIDDEN), 0.3),
        "emb": ((N_HIDDEN, width), 0.5),
        "mask_emb": ((width, 32), 2 / np.sqrt(width)),
        "mask": ((1, 64, 1, 1), 0.2),
        "taps": ((10, 64, 5, 1), 0.1),
        "taps_emb": ((width, 96), 0.2 / np.sqrt(width)),
    }
    drawn = {name: scale * rng.standard_normal(shape) for name, (shape, scale) in shapes.items()}
    return {name: values.astype(np.float32).astype(np.float64) for name, values in drawn.items()}


def run(architecture: str, levels: Exact, spectra: Any) -> tuple[Exact, Any]:
    """Run the network on a whole clip in float64.

    Args:
        architecture: "deepfilternet2" or "deepfilternet3".
        levels: shape (frame, band).
        spectra: complex, shape (frame, frequency).

    Returns:
        Gains, shape (frame, band); complex coefficients, shape (frame, frequency, tap).
    """
    w, n_frames = draw_weights(architecture), len(levels)
    e0 = np.maximum(_past(levels[None], w["e0"]), 0)
    c0 = np.maximum(_past(np.stack([spectra.real, spectra.imag]), w["c0"]), 0)
    e1 = e0.reshape(64, n_frames, 16, 2).mean(-1)
    e2 = e1.reshape(64, n_frames, 8, 2).mean(-1)
    e3 = _sigmoid(e2)
    grouped = np.einsum("itg,gih->tgh", e3, w["grouped"]).reshape(n_frames, 32)
    emb = np.tanh(_gru(grouped, w["gru_w"][0], w["gru_r"][0], *np.split(w["gru_b"][0], 2)) @ w["emb"])
    channels = e0 + np.concatenate([e1, e2, e3], -1)
    gains = _sigmoid(emb @ w["mask_emb"] + np.einsum("ctb,c->tb", channels, w["mask"].reshape(64)))
    pairs = 0.3 * np.tanh(_past(c0, w["taps"])).transpose(1, 2, 0) + (emb @ w["taps_emb"])[..., None]
    return gains, pairs[..., 0::2] + 1j * pairs[..., 1::2]


def _past(values: Exact, kernel: Exact) -> Exact:
    """Convolve values of shape (channel, frame, frequency) with a kernel of shape (out, in, frame, 1)."""
    n_past, n_frames = kernel.shape[2] - 1, values.shape[1]
    padded = np.pad(values, ((0, 0), (n_past, 0), (0, 0)))
    terms = (np.einsum("oi,itf->otf", kernel[:, :, k, 0], padded[:, k : k + n_frames]) for k in range(n_past + 1))
    total: Exact = sum(terms, start=np.zeros(()))
    return total


def _sigmoid(x: Exact) -> Exact:
    return 1 / (1 + np.exp(-x))


def _gru(x: Exact, w: Exact, r: Exact, w_bias: Exact, r_bias: Exact) -> Exact:
    """Run the GRU of the ONNX operator with linear_before_reset=1, gates in the order update, reset, hidden."""
    hidden, outputs = np.zeros(N_HIDDEN), []
    for frame in x:
        (wz, wr, wh), (rz, rr, rh) = np.split(w @ frame + w_bias, 3), np.split(r @ hidden + r_bias, 3)
        update, reset = _sigmoid(wz + rz), _sigmoid(wr + rr)
        hidden = (1 - update) * np.tanh(wh + reset * rh) + update * hidden
        outputs.append(hidden)
    return np.array(outputs)


def write_files(folder: Path, architecture: str) -> dict[str, Path]:
    """Write config.ini and the three graphs; return file name -> file."""
    import onnx

    weights = draw_weights(architecture)
    config = write_config(folder / "config.ini", {("train", "model"): architecture})
    files = {"config.ini": config}
    width = WIDTHS[architecture]
    for name, graph in (
        ("enc.onnx", _encoder(weights, width)),
        ("erb_dec.onnx", _mask_decoder(weights, width)),
        ("df_dec.onnx", _filter_decoder(weights, width)),
    ):
        onnx.checker.check_model(graph)
        files[name] = folder / name
        files[name].write_bytes(graph.SerializeToString())
    return files


_SKIPS = {"e0": 32, "e1": 16, "e2": 8, "e3": 8}


def _encoder(w: Mapping[str, Exact], width: int) -> onnx.ModelProto:
    from onnx.helper import make_node as node

    nodes = [
        *_conv_past("feat_erb", "e0_linear", "e0"),
        node("Relu", ["e0_linear"], ["e0"]),
        *_conv_past("feat_spec", "c0_linear", "c0"),
        node("Relu", ["c0_linear"], ["c0"]),
        node("AveragePool", ["e0"], ["e1"], kernel_shape=[1, 2], strides=[1, 2]),
        node("AveragePool", ["e1"], ["e2"], kernel_shape=[1, 2], strides=[1, 2]),
        node("Sigmoid", ["e2"], ["e3"]),
        node("Transpose", ["e3"], ["by_group"], perm=[0, 2, 3, 1]),
        node("Einsum", ["by_group", "w_grouped"], ["groups"], equation="btgi,gih->btgh"),
        node("Reshape", ["groups", "flat"], ["joined"]),
        node("Transpose", ["joined"], ["time_first"], perm=[1, 0, 2]),
        node(
            "GRU",
            ["time_first", "w_gru_w", "w_gru_r", "w_gru_b"],
            ["by_direction"],
            hidden_size=N_HIDDEN,
            linear_before_reset=1,
        ),
        node("Squeeze", ["by_direction", "axis"], ["hidden"]),
        node("Transpose", ["hidden"], ["batch_first"], perm=[1, 0, 2]),
        node("MatMul", ["batch_first", "w_emb"], ["emb_linear"]),
        node("Tanh", ["emb_linear"], ["emb"]),
    ]
    inputs = {"feat_erb": (1, 1, "S", 32), "feat_spec": (1, 2, "S", 96)}
    outputs = {**_skip_shapes(), "emb": (1, "S", width), "c0": (1, 64, "S", 96)}
    names = ("e0", "c0", "grouped", "gru_w", "gru_r", "gru_b", "emb")
    numbers = {
        "e0_pads": [0, 0, 2, 0, 0, 0, 0, 0],
        "c0_pads": [0, 0, 2, 0, 0, 0, 0, 0],
        "flat": [0, 0, 32],
        "axis": [1],
    }
    return _model(nodes, inputs, outputs, {name: w[name] for name in names}, numbers)


def _mask_decoder(w: Mapping[str, Exact], width: int) -> onnx.ModelProto:
    from onnx.helper import make_node as node

    nodes = [
        node("Concat", ["e1", "e2", "e3"], ["narrow"], axis=3),
        node("Add", ["e0", "narrow"], ["channels"]),
        node("Conv", ["channels", "w_mask"], ["from_skips"], kernel_shape=[1, 1]),
        node("MatMul", ["emb", "w_mask_emb"], ["projected"]),
        node("Unsqueeze", ["projected", "axis"], ["from_emb"]),
        node("Add", ["from_skips", "from_emb"], ["m_linear"]),
        node("Sigmoid", ["m_linear"], ["m"]),
    ]
    inputs = {"emb": (1, "S", width), **_skip_shapes()}
    return _model(nodes, inputs, {"m": (1, 1, "S", 32)}, {n: w[n] for n in ("mask", "mask_emb")}, {"axis": [1]})


def _filter_decoder(w: Mapping[str, Exact], width: int) -> onnx.ModelProto:
    from onnx.helper import make_node as node

    nodes = [
        *_conv_past("c0", "taps_first", "taps", kernel_frames=5),
        node("Tanh", ["taps_first"], ["bounded"]),
        node("Mul", ["bounded", "w_scale"], ["scaled"]),
        node("Transpose", ["scaled"], ["from_c0"], perm=[0, 2, 3, 1]),
        node("MatMul", ["emb", "w_taps_emb"], ["projected"]),
        node("Unsqueeze", ["projected", "axis"], ["from_emb"]),
        node("Add", ["from_c0", "from_emb"], ["coefs"]),
    ]
    inputs = {"emb": (1, "S", width), "c0": (1, 64, "S", 96)}
    weights = {"taps": w["taps"], "taps_emb": w["taps_emb"], "scale": np.array(0.3)}
    numbers = {"taps_pads": [0, 0, 4, 0, 0, 0, 0, 0], "axis": [3]}
    return _model(nodes, inputs, {"coefs": (1, "S", 96, 10)}, weights, numbers)


def _skip_shapes() -> dict[str, tuple[Any, ...]]:
    return {name: (1, 64, "S", n_bands) for name, n_bands in _SKIPS.items()}


def _conv_past(source: str, result: str, weight: str, kernel_frames: int = 3) -> Sequence[onnx.NodeProto]:
    from onnx.helper import make_node as node

    return [
        node("Pad", [source, f"{weight}_pads"], [f"{weight}_padded"]),
        node("Conv", [f"{weight}_padded", f"w_{weight}"], [result], kernel_shape=[kernel_frames, 1]),
    ]


def _model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[Any]],
    outputs: Mapping[str, Sequence[Any]],
    weights: Mapping[str, Exact],
    numbers: Mapping[str, Sequence[int]],
) -> onnx.ModelProto:
    """Return a model; the tensor of weight `x` is called `w_x`."""
    from onnx import TensorProto, helper, numpy_helper

    tensors = [numpy_helper.from_array(values.astype(np.float32), f"w_{name}") for name, values in weights.items()]
    tensors += [numpy_helper.from_array(np.array(values, np.int64), name) for name, values in numbers.items()]
    ends = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in values.items()]
        for values in (inputs, outputs)
    )
    graph = helper.make_graph(nodes, "standin", *ends, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
