"""The number of utterances that the package pesq itself reports, read from the result of its own comparison."""

from __future__ import annotations

import ctypes

import numpy as np
from pesq import cypesq

from .signals import SAMPLE_RATE, Floats

_TABLE = ctypes.c_long * 50


class _Signal(ctypes.Structure):
    _fields_ = (
        ("names", ctypes.c_char * 640),
        ("n_samples", ctypes.c_long),
        ("apply_swap", ctypes.c_long),
        ("input_filter", ctypes.c_long),
        ("pointers", ctypes.c_void_p * 3),
    )


class _Result(ctypes.Structure):
    _fields_ = (
        ("n_utterances", ctypes.c_long),
        ("sizes", ctypes.c_long * 3),
        ("confidence", ctypes.c_float),
        ("searches", _TABLE * 4),
        ("confidences", ctypes.c_float * 50),
        ("bounds", _TABLE * 2),
        ("raw", ctypes.c_float),
        ("mos_lqo", ctypes.c_float),
        ("mode", ctypes.c_short),
        ("room", ctypes.c_char * 4096),  # for entries beyond the tables
    )


def utterances_of_package(reference: Floats, mode: str) -> int:
    """Compare a signal with itself, so that no utterance is divided, and return the number of utterances."""
    library = ctypes.PyDLL(cypesq.__file__)
    samples = (reference / np.abs(reference).max()).astype(np.float32)
    error, message = ctypes.c_long(0), ctypes.c_char_p()
    library.select_rate(ctypes.c_long(SAMPLE_RATE), ctypes.byref(error), ctypes.byref(message))
    signals = [
        _Signal(n_samples=samples.size, input_filter=1 if mode == "nb" else 2, pointers=(samples.ctypes.data, 0, 0))
        for _ in range(2)
    ]
    result = _Result(mode=0 if mode == "nb" else 1)
    library.pesq_measure(*map(ctypes.byref, (*signals, result, error, message)))
    assert error.value == 0
    return int(result.n_utterances)
