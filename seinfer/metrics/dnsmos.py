"""DNSMOS: ratings of listeners, predicted by neural networks from the clip alone.

    DNSMOS = mean over windows w of polynomial(network(w))

with the polynomials below for P.835, and none for P.808. P.835 rates speech (SIG), background (BAK) and the whole
(OVRL); P.808 rates the whole. pDNSMOS is another P.835 network, for the speech of one chosen person. It ranks models in
another order, so it has its own columns. A DNSMOS score is not a rating by people and should not be compared with one.

The values match Microsoft's script to 1e-5. `dnsmos_windows` describes the windows, and why the score depends on the
length of the clip; the columns `dnsmos_n_hops`, `dnsmos_n_used` and `dnsmos_tiled` report how a clip was cut. A network
runs once for all of its columns. Memory does not grow with the clip.

Unit: MOS. Range: 1 to 5; higher is better. Defined at 16 kHz.

Sources: Reddy, Gopal, Cutler, ICASSP 2022, doi:10.1109/ICASSP43922.2022.9746108 (P.835); the same, ICASSP 2021,
arXiv:2010.15258 (P.808); microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from . import dnsmos_networks as networks
from .dnsmos_windows import SAMPLE_RATE, Windows, plan
from .errors import MetricError
from .logmel import log_mel
from .pair import Pair
from .signals import Floats

Single = npt.NDArray[np.float32]

_SIG, _BAK, _OVRL = 0, 1, 2
# Coefficients for SIG, BAK and OVRL, highest power first; from the script.
_P835 = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
_P835_PERSONALISED = (
    (-0.01019296, 0.02751166, 1.19576786, -0.24348726),
    (-0.04976499, 0.44276479, -0.1644611, 0.96883132),
    (-0.00533021, 0.005101, 1.18058466, -0.11236046),
)
_UNUSED_BY_P808 = 160  # samples at the end of a window


def sig_of_pair(pair: Pair) -> float:
    """Rate the speech (SIG)."""
    return _rated(pair.remember(_p835), _SIG, _P835)


def bak_of_pair(pair: Pair) -> float:
    """Rate the background (BAK)."""
    return _rated(pair.remember(_p835), _BAK, _P835)


def ovrl_of_pair(pair: Pair) -> float:
    """Rate the whole (OVRL)."""
    return _rated(pair.remember(_p835), _OVRL, _P835)


def p808_of_pair(pair: Pair) -> float:
    """Rate the whole with the network of P.808."""
    return float(pair.remember(_p808).mean())


def personalised_sig_of_pair(pair: Pair) -> float:
    """Rate the speech with the personalised network."""
    return _rated(pair.remember(_personalised), _SIG, _P835_PERSONALISED)


def personalised_bak_of_pair(pair: Pair) -> float:
    """Rate the background with the personalised network, which counts the speech of other people as background."""
    return _rated(pair.remember(_personalised), _BAK, _P835_PERSONALISED)


def personalised_ovrl_of_pair(pair: Pair) -> float:
    """Rate the whole with the personalised network."""
    return _rated(pair.remember(_personalised), _OVRL, _P835_PERSONALISED)


def sig_raw_of_pair(pair: Pair) -> float:
    """Return the mean of SIG before the polynomial."""
    return float(pair.remember(_p835)[:, _SIG].mean())


def bak_raw_of_pair(pair: Pair) -> float:
    """Return the mean of BAK before the polynomial."""
    return float(pair.remember(_p835)[:, _BAK].mean())


def ovrl_raw_of_pair(pair: Pair) -> float:
    """Return the mean of OVRL before the polynomial."""
    return float(pair.remember(_p835)[:, _OVRL].mean())


def n_hops_of_pair(pair: Pair) -> float:
    """Return the number of windows that the script starts."""
    return float(_windows(pair).n_hops)


def n_used_of_pair(pair: Pair) -> float:
    """Return the number of windows that the script averages."""
    return float(len(_windows(pair).starts))


def tiled_of_pair(pair: Pair) -> float:
    """Return 1 for a clip that is repeated to fill a window, else 0."""
    return float(_windows(pair).is_tiled)


def _p835(pair: Pair) -> Floats:
    """Return the raw SIG, BAK and OVRL of each window, shape (window, 3)."""
    return _raw(pair, networks.P835, _waveform)


def _personalised(pair: Pair) -> Floats:
    """Return the raw SIG, BAK and OVRL of the personalised network, shape (window, 3)."""
    return _raw(pair, networks.P835_PERSONALISED, _waveform)


def _p808(pair: Pair) -> Floats:
    """Return the rating of each window, shape (window, 1)."""
    return _raw(pair, networks.P808, _features)


def _raw(pair: Pair, file: networks.NetworkFile, features_of: Callable[[Floats], Single]) -> Floats:
    windows = _windows(pair)
    run = networks.network(file)
    return windows.rate(pair.estimate, lambda samples: run(features_of(samples)[None])[0])


def _windows(pair: Pair) -> Windows:
    if pair.sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"DNSMOS is defined at {SAMPLE_RATE} Hz, got {pair.sample_rate} Hz")
    return plan(pair.estimate.size)


def _waveform(samples: Floats) -> Single:
    return samples.astype(np.float32)


def _features(samples: Floats) -> Single:
    return log_mel(samples[:-_UNUSED_BY_P808])


def _rated(raw: Floats, column: int, polynomials: tuple[tuple[float, ...], ...]) -> float:
    return float(np.polyval(polynomials[column], raw[:, column]).mean())
