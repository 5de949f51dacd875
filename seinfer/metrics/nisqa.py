"""NISQA 2.0: the ratings of listeners for quality, noisiness, discontinuity, coloration and loudness, predicted.

    NISQA = network(mel spectrogram in dB, in segments of 15 frames, a segment every 4 frames)

The spectrogram has 48 bands up to 20 kHz, a frame of 20 ms every 10 ms, and at most 80 dB of range. Each segment goes
through 6 convolutions, then all segments together through 2 transformer layers; each rating has an attention layer of
its own that averages over the segments. The authors' code accepts up to 1300 segments, 52 s. A longer clip is cut into
pieces of equal length, and the value is the mean over them, with a remark.

The network is built here; it equals the authors' code to 1e-4 with the real weights. The spectrogram is that of
librosa's `melspectrogram` and `amplitude_to_db`. The network hears the rate at which the clip is scored: above 8 kHz a
clip scored at 16 kHz is silent, which costs quality. Use `--score-rate native` for wider signals.

Unit: MOS. Range: about 1 to 5; higher is better. The licence of the weights forbids commercial use (CC BY-NC-SA 4.0).

Source: Mittag, Naderi, Chehadi, Möller, "NISQA: A Deep CNN-Self-Attention Model for Multidimensional Speech Quality
Prediction with Crowdsourced Datasets", Interspeech 2021, arXiv:2104.09494; gabrielmittag/NISQA@fe84f0f,
nisqa/NISQA_lib.py and weights/nisqa.tar.
"""

from __future__ import annotations

import io
import math
import pickle
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import MetricError, remark_on_pieces
from .frames import in_groups, periodic_hann
from .logmel import mel_bands
from .pair import Pair
from .signals import Floats
from .weights import NISQA, read

_N_FFT, _N_BANDS, _TOP_HZ = 4096, 48, 20_000.0
_HOP_S, _WIN_S = 0.01, 0.02
_LEAST_AMPLITUDE, _RANGE_DB = 1e-4, 80.0
SEGMENT_FRAMES, _SEGMENT_HOP, MAX_SEGMENTS = 15, 4, 1300
_CHANNELS = (1, 16, 32, 64, 64, 64, 64)
_POOLED = {0: (24, 7), 1: (12, 5), 3: (6, 3)}  # after which convolution -> (band, frame) that are left
_WIDTH, _LAYERS, _POOL_WIDTH = 64, 2, 128
RATINGS = ("nisqa", "nisqa_noi", "nisqa_dis", "nisqa_col", "nisqa_loud")
"""Metrics, in the order of the network's outputs."""


def of_pair(pair: Pair) -> float:
    """Rate the quality as a whole."""
    return _rating(pair, 0)


def noisiness_of_pair(pair: Pair) -> float:
    """Rate the noisiness: 5 is not noisy."""
    return _rating(pair, 1)


def discontinuity_of_pair(pair: Pair) -> float:
    """Rate the discontinuity: 5 is continuous."""
    return _rating(pair, 2)


def coloration_of_pair(pair: Pair) -> float:
    """Rate the coloration: 5 is not coloured."""
    return _rating(pair, 3)


def loudness_of_pair(pair: Pair) -> float:
    """Rate the loudness: 5 is optimal. It depends on the level of the clip."""
    return _rating(pair, 4)


def _rating(pair: Pair, index: int) -> float:
    ratings = pair.remember(_ratings)
    if len(ratings) > 1:
        pair.remarks[RATINGS[index]] = remark_on_pieces(len(ratings), len(ratings))
    return float(ratings[:, index].mean())


def _ratings(pair: Pair) -> Floats:
    """Return the ratings of each piece of a clip, shape (piece, rating).

    Raises:
        MetricError: too_short, not_installed, model_file.
    """
    pieces = [segments(mel_spectrogram(piece, pair.sample_rate)) for piece in _pieces(pair.estimate, pair.sample_rate)]
    torch, network = _loaded()
    with torch.inference_mode():
        rated = [_forward(torch, network, torch.from_numpy(piece)) for piece in pieces]
    return np.asarray(rated, np.float64)


def _pieces(signal: Floats, sample_rate: int) -> list[Floats]:
    longest_s = (MAX_SEGMENTS * _SEGMENT_HOP + SEGMENT_FRAMES - 1 - _SEGMENT_HOP) * _HOP_S
    n_pieces = math.ceil(signal.size / (longest_s * sample_rate))
    return np.array_split(signal, n_pieces)


def mel_spectrogram(signal: Floats, sample_rate: int) -> npt.NDArray[np.float32]:
    """Return the level of each band in dB, shape (frame, band).

    Args:
        signal: shape (time,).
        sample_rate: Hz.

    Raises:
        MetricError: too_short.
    """
    hop_length, win_length = int(sample_rate * _HOP_S), int(sample_rate * _WIN_S)
    n_frames = 1 + signal.size // hop_length if hop_length else 0
    if n_frames < SEGMENT_FRAMES:
        least_s = (SEGMENT_FRAMES - 1) * _HOP_S
        raise MetricError("too_short", f"{signal.size / sample_rate:.3f} s, expected {least_s:.2f} s")
    # Frames are centred. Zeros around a window do not change magnitudes, so only the window itself is transformed.
    before = _N_FFT // 2 - (_N_FFT - win_length) // 2
    padded = np.pad(signal, (before, win_length), mode="reflect")
    window, bands = periodic_hann(win_length), mel_bands(_N_FFT, sample_rate, _N_BANDS, _TOP_HZ)
    amplitudes = np.empty((n_frames, _N_BANDS))
    for group in in_groups(n_frames):
        starts = hop_length * np.arange(group.start, group.stop)
        frames = padded[starts[:, None] + np.arange(win_length)]
        amplitudes[group] = np.abs(np.fft.rfft(frames * window, _N_FFT)) @ bands
    level_db = 20 * np.log10(np.maximum(amplitudes, _LEAST_AMPLITUDE))
    return np.asarray(np.maximum(level_db, level_db.max() - _RANGE_DB), np.float32)


def segments(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return overlapping segments of a spectrogram of shape (frame, band), shape (segment, 1, band, frame)."""
    windows = np.lib.stride_tricks.sliding_window_view(levels, SEGMENT_FRAMES, axis=0)[::_SEGMENT_HOP]
    return np.ascontiguousarray(windows[:, None])


@cache
def _loaded() -> tuple[ModuleType, Any]:
    """Return torch, and the network with its weights."""
    content = read(NISQA)
    try:
        import torch
    except ImportError as error:
        raise MetricError("not_installed", detail=f"torch cannot be imported ({error})") from error
    torch.set_num_threads(1)
    network = build(torch)
    try:
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        network.load_state_dict(checkpoint["model_state_dict"], strict=True)
    except (RuntimeError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise MetricError("model_file", detail=f"it is not a checkpoint of NISQA: {error}") from error
    return torch, network


def build(torch: ModuleType) -> Any:
    """Return the parts of the network, with the names of the checkpoint, for inference."""
    nn = torch.nn
    cnn = {}
    for index in range(1, len(_CHANNELS)):
        padding = (1, 0) if index == len(_CHANNELS) - 1 else 1
        cnn[f"conv{index}"] = nn.Conv2d(_CHANNELS[index - 1], _CHANNELS[index], 3, padding=padding)
        cnn[f"bn{index}"] = nn.BatchNorm2d(_CHANNELS[index])
    layers = [nn.TransformerEncoderLayer(_WIDTH, 1, _WIDTH, dropout=0.0, batch_first=True) for _ in range(_LAYERS)]
    attention = {
        "linear": nn.Linear(_CHANNELS[-1] * _POOLED[3][0], _WIDTH),
        "norm1": nn.LayerNorm(_WIDTH),
        "layers": nn.ModuleList(layers),
    }
    pools = [
        nn.ModuleDict(
            {
                "linear1": nn.Linear(_WIDTH, _POOL_WIDTH),
                "linear2": nn.Linear(_POOL_WIDTH, 1),
                "linear3": nn.Linear(_WIDTH, 1),
            }
        )
        for _ in RATINGS
    ]
    parts = {
        "cnn": nn.ModuleDict({"model": nn.ModuleDict(cnn)}),
        "time_dependency": nn.ModuleDict({"model": nn.ModuleDict(attention)}),
        "pool_layers": nn.ModuleList([nn.ModuleDict({"model": pool}) for pool in pools]),
    }
    return nn.ModuleDict(parts).eval()


def _forward(torch: ModuleType, network: Any, pieces: Any) -> list[float]:
    """Return the ratings of one piece of a clip from its segments, shape (segment, 1, band, frame)."""
    cnn = network["cnn"]["model"]
    maps = pieces
    for index in range(len(_CHANNELS) - 1):
        maps = torch.relu(cnn[f"bn{index + 1}"](cnn[f"conv{index + 1}"](maps)))
        if index in _POOLED:
            maps = torch.nn.functional.adaptive_max_pool2d(maps, _POOLED[index])
    attention = network["time_dependency"]["model"]
    frames = attention["norm1"](attention["linear"](maps.flatten(1)))[None]  # (1, segment, width)
    for layer in attention["layers"]:
        frames = layer(frames)
    return [_pooled(torch, pool["model"], frames) for pool in network["pool_layers"]]


def _pooled(torch: ModuleType, pool: Any, frames: Any) -> float:
    weights = torch.softmax(pool["linear2"](torch.relu(pool["linear1"](frames))), dim=1)
    return float(pool["linear3"]((weights * frames).sum(dim=1)))
