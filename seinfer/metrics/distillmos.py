"""Distill-MOS: the rating of listeners for the quality of speech, predicted by a neural network from the clip alone.

    Distill-MOS = mean over windows w of 1 + 4 sigmoid(network(w / max |w|))

The network has 6 convolutions over a compressed spectrum (magnitude to the power of 0.3; 20 ms every 10 ms) and 7
transformer layers. It was trained to repeat the ratings of a model with wav2vec 2.0 XLS-R features. The windows have
7.68 s and are spread over the clip, 1 s apart or less; a shorter clip is followed by zeros. The level of the clip does
not matter. One window is processed at a time, so memory does not grow with the clip.

The network is built here, because the package distillmos needs torchaudio when it is imported. Its weights are those of
the package, which is not imported; their sha256 is checked before they are used. The values equal those of the package
to 1e-4. Licence of code and weights: MIT, as the package states.

Unit: MOS. Range: 1 to 5; higher is better. Defined at 16 kHz.

Source: Stahl, Gamper, "Distillation and pruning for scalable self-supervised representation-based speech quality
assessment", ICASSP 2025, arXiv:2502.05356; the package distillmos 0.9.1, `sqa.py`, with xls-r-sqa 0.1.0.
"""

from __future__ import annotations

import io
import math
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from .dnsmos_networks import DISTILLMOS, read
from .errors import MetricError
from .pair import Pair

SAMPLE_RATE = 16_000
WINDOW_SAMPLES, MAX_HOP_SAMPLES = 122_880, 16_000
_WIN_LENGTH, _HOP_LENGTH = 320, 160
_EXPONENT = 0.3
_CHANNELS = (2, 64, 64, 128, 256, 256, 256)  # of the input and of each convolution
_FREQUENCIES = 4  # that the convolutions leave of 161
_WIDTH, _HEADS, _LAYERS, _FRAMES = 200, 8, 7, 384
_TINY = 1e-12


def of_pair(pair: Pair) -> float:
    """Return the predicted rating of an estimate.

    Raises:
        MetricError: not_installed, model_file, sample_rate.
    """
    if pair.sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"expected {SAMPLE_RATE} Hz, got {pair.sample_rate} Hz")
    torch, network = _loaded()
    samples = np.pad(pair.estimate, (0, max(0, WINDOW_SAMPLES - pair.estimate.size))).astype(np.float32)
    with torch.inference_mode():
        ratings = [_rate(torch, network, samples[start : start + WINDOW_SAMPLES]) for start in starts(samples.size)]
    return float(np.mean(ratings))


def starts(n_samples: int) -> list[int]:
    """Return the first samples of the windows of a clip of one window or more."""
    surplus = n_samples - WINDOW_SAMPLES
    n_windows = math.ceil(surplus / MAX_HOP_SAMPLES) + 1
    return [int(share * surplus) for share in np.linspace(0, 1, n_windows)]


@cache
def _loaded() -> tuple[ModuleType, Any]:
    """Return torch, and the network with its weights."""
    content = read(DISTILLMOS)
    try:
        import torch
    except ImportError as error:
        raise MetricError("not_installed", detail=f"torch cannot be imported ({error})") from error
    torch.set_num_threads(1)
    network = _build(torch)
    checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    network.load_state_dict(checkpoint["model"], strict=True)
    return torch, network.eval()


def _build(torch: ModuleType) -> Any:
    """Return the parts of the network, with the names of the checkpoint."""
    nn = torch.nn
    convolutions: list[Any] = []
    for index, (n_in, n_out) in enumerate(pairwise(_CHANNELS)):
        is_last = index == len(_CHANNELS) - 2
        stride = (2 if index else 1, 2 if is_last else 1)
        convolutions += [nn.Conv2d(n_in, n_out, (3, 3), stride=stride, padding=(0, 1)), nn.LeakyReLU(0.1)]
    n_features = _CHANNELS[-1] * _FREQUENCIES
    layer = nn.TransformerEncoderLayer(_WIDTH, _HEADS, 2 * _WIDTH, dropout=0.0, batch_first=True)
    position = nn.Module()
    position.register_buffer("pe", torch.zeros(1, _FRAMES, _WIDTH))
    transformer = {
        "norm": nn.BatchNorm1d(n_features),
        "position_encoding": position,
        "linear_proj": nn.Linear(n_features, _WIDTH),
        "transformer_encoder": nn.TransformerEncoder(layer, _LAYERS),
    }
    pool = {
        "linear1": nn.Linear(_WIDTH, 2 * _WIDTH),
        "linear2": nn.Linear(2 * _WIDTH, 1),
        "linear3": nn.Linear(_WIDTH, 1),
    }
    rating = {
        "norm_input": nn.BatchNorm1d(n_features),
        "transformer": nn.ModuleDict(transformer),
        "norm_trans": nn.BatchNorm1d(_WIDTH),
        "pool": nn.ModuleDict(pool),
    }
    cnn = nn.ModuleDict({"cnn": nn.Sequential(*convolutions)})
    return nn.ModuleDict({"cnn": cnn, "transformer_pool_attn": nn.ModuleDict(rating)})


def _rate(torch: ModuleType, network: Any, window: np.ndarray[Any, Any]) -> float:
    """Return the rating of one window of shape (time,)."""
    samples = torch.from_numpy(window / (np.abs(window).max() + np.float32(1e-8)))[None]
    features = network["cnn"]["cnn"](_spectrum(torch, samples)).flatten(1, 2)  # (1, feature, frame)
    rating = network["transformer_pool_attn"]
    inner = rating["transformer"]
    frames = inner["linear_proj"](inner["norm"](rating["norm_input"](features)).transpose(1, 2))
    frames = inner["transformer_encoder"](frames + inner["position_encoding"].pe)
    frames = rating["norm_trans"](frames.transpose(1, 2)).transpose(1, 2)  # (1, frame, width)
    pool = rating["pool"]
    weights = torch.softmax(pool["linear2"](torch.relu(pool["linear1"](frames))), dim=1)
    return 1 + 4 * float(torch.sigmoid(pool["linear3"]((weights * frames).sum(dim=1))))


def _spectrum(torch: ModuleType, samples: Any) -> Any:
    """Return the spectrum with compressed magnitudes, shape (1, 2, frequency, frame): real and imaginary part."""
    margin = (_WIN_LENGTH - _HOP_LENGTH) // 2
    padded = torch.nn.functional.pad(samples, (margin, margin), mode="reflect")
    window = torch.hann_window(_WIN_LENGTH)
    spectrum = torch.stft(padded, _WIN_LENGTH, _HOP_LENGTH, window=window, center=False, return_complex=True)
    magnitude = spectrum.abs().clip(_TINY)
    return torch.view_as_real(magnitude**_EXPONENT * spectrum / magnitude).permute(0, 3, 1, 2)
