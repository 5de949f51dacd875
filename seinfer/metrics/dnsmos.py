"""DNSMOS: what listeners would say of a clip, as networks guess it from the clip alone.

P.835 rates speech (SIG), background (BAK) and the whole (OVRL); P.808 rates the whole. pDNSMOS is another P.835
network, for speech that is meant to be one chosen person's; it puts models in another order, so its columns are its
own. None of them is a crowd's opinion, nor to be set beside one.

The rule: what Microsoft's script says, to 1e-5. Each figure of a window goes through a polynomial, then the mean over
the windows is taken. `dnsmos_windows` says which windows, and why the figure is a function of length;
`dnsmos_n_hops`, `dnsmos_n_used` and `dnsmos_tiled` say what became of a clip.

A network runs once for all of its columns. Memory does not grow with the clip.

Sources: Reddy, Gopal, Cutler, ICASSP 2022, doi:10.1109/ICASSP43922.2022.9746108 (P.835); the same, ICASSP 2021,
arXiv:2010.15258 (P.808); microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import dnsmos_networks as networks
from .dnsmos_windows import SAMPLE_RATE, Floats, Windows, plan
from .logmel import log_mel
from .metric import MetricError

if TYPE_CHECKING:
    from .pair import Pair

Single = npt.NDArray[np.float32]

_SIG, _BAK, _OVRL = 0, 1, 2
# Of SIG, BAK and OVRL, highest power first.
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
_UNSEEN_BY_P808 = 160  # samples at the end of a window


def sig_of_pair(pair: Pair) -> float:
    """Rate the speech."""
    return _rated(pair.remember(_p835), _SIG, _P835)


def bak_of_pair(pair: Pair) -> float:
    """Rate the background."""
    return _rated(pair.remember(_p835), _BAK, _P835)


def ovrl_of_pair(pair: Pair) -> float:
    """Rate the whole."""
    return _rated(pair.remember(_p835), _OVRL, _P835)


def p808_of_pair(pair: Pair) -> float:
    """Rate the whole by the network of P.808."""
    return float(pair.remember(_p808).mean())


def personalised_sig_of_pair(pair: Pair) -> float:
    """Rate the speech by the personalised network."""
    return _rated(pair.remember(_personalised), _SIG, _P835_PERSONALISED)


def personalised_bak_of_pair(pair: Pair) -> float:
    """Rate the background by the personalised network, for which other people's speech is part of it."""
    return _rated(pair.remember(_personalised), _BAK, _P835_PERSONALISED)


def personalised_ovrl_of_pair(pair: Pair) -> float:
    """Rate the whole by the personalised network."""
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
    """Count the windows that the script begins."""
    return float(_windows(pair).n_hops)


def n_used_of_pair(pair: Pair) -> float:
    """Count the windows that it averages."""
    return float(len(_windows(pair).starts))


def tiled_of_pair(pair: Pair) -> float:
    """Return 1 for a clip that is repeated to fill a window, else 0."""
    return float(_windows(pair).is_tiled)


def _p835(pair: Pair) -> Floats:
    """Return SIG, BAK and OVRL of each window as the network gives them, shape (window, 3)."""
    return _raw(pair, networks.P835, _waveform)


def _personalised(pair: Pair) -> Floats:
    """Return the same of the personalised network."""
    return _raw(pair, networks.P835_PERSONALISED, _waveform)


def _p808(pair: Pair) -> Floats:
    """Return the rating of each window, shape (window, 1)."""
    return _raw(pair, networks.P808, _features)


def _raw(pair: Pair, file: networks.NetworkFile, see: Callable[[Floats], Single]) -> Floats:
    windows = _windows(pair)
    run = networks.network(file)
    return windows.rate(pair.estimate, lambda samples: run(see(samples)[None])[0])


def _windows(pair: Pair) -> Windows:
    if pair.sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"DNSMOS is defined at {SAMPLE_RATE} Hz, got {pair.sample_rate} Hz")
    return plan(pair.estimate.size)


def _waveform(samples: Floats) -> Single:
    return samples.astype(np.float32)


def _features(samples: Floats) -> Single:
    return log_mel(samples[:-_UNSEEN_BY_P808])


def _rated(raw: Floats, column: int, polynomials: tuple[tuple[float, ...], ...]) -> float:
    return float(np.polyval(polynomials[column], raw[:, column]).mean())
