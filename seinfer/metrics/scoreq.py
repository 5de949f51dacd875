"""SCOREQ for natural speech: a rating of listeners, predicted by a wav2vec 2.0 network from the clip alone.

    SCOREQ = network(samples, followed by zeros up to a multiple of 320)

The network is an ONNX file of the authors: samples of shape (1, time) at 16 kHz -> one rating. A clip of more than 30 s
is cut into pieces of equal length, because memory grows with the square of the length; the value is the mean over them,
with a remark. The file was not available to us: this module was tested with a stand-in network of the same input and
output. No hash of it is published, so the sha256 of the first download is recorded and required from then on.

Unit: MOS. Range: about 1 to 5; higher is better. Defined at 16 kHz.

Source: Ragano, Skoglund, Hines, "SCOREQ: Speech Quality Assessment with Contrastive Regression", NeurIPS 2024,
arXiv:2410.06675; the package scoreq 1.0.1, `scoreq.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from .dnsmos_networks import open_network
from .errors import MetricError, remark_on_pieces
from .pair import Pair
from .weights import SCOREQ, read

SAMPLE_RATE = 16_000
MULTIPLE_SAMPLES = 320
LONGEST_SAMPLES = 30 * SAMPLE_RATE

Single = npt.NDArray[np.float32]


def of_pair(pair: Pair) -> float:
    """Return the predicted rating of an estimate.

    Raises:
        MetricError: not_installed, model_file, sample_rate.
    """
    if pair.sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"expected {SAMPLE_RATE} Hz, got {pair.sample_rate} Hz")
    network = _network()
    pieces = np.array_split(pair.estimate, math.ceil(pair.estimate.size / LONGEST_SAMPLES))
    ratings = [float(network(_padded(piece)).ravel()[0]) for piece in pieces]
    if len(pieces) > 1:
        pair.remarks["scoreq"] = remark_on_pieces(len(pieces), len(pieces))
    return float(np.mean(ratings))


def _padded(samples: npt.NDArray[np.float64]) -> Single:
    """Return samples followed by zeros, shape (1, time)."""
    padded: Single = np.pad(samples, (0, -samples.size % MULTIPLE_SAMPLES)).astype(np.float32)[None]
    return padded


@cache
def _network() -> Callable[[Single], Single]:
    return open_network(read(SCOREQ))
