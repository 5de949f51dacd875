"""The number of utterances that the package pesq finds in a reference, before it compares anything.

The package stores utterances in tables for 50 and never checks their bounds: it writes an entry as soon as an utterance
begins, so it stays within them if at most 49 are found. (Its later division of utterances stops at 50 by itself.) The
number depends on the reference alone. It is counted here on the speech activity that the package itself computes, so it
is the package's number, except for rounding: the package scales both signals by their common peak first.

The functions of its compiled library are called one by one, up to the speech activity; the licence of the ITU's code
permits no translation of them. No table of utterances exists at that point, so this part is safe for any signal.

Source: package pesq 0.0.4, pesq/pesqmain.h (pesq_measure: the order of the steps), pesqmod.c (id_searchwindows).
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from ..models.extras import version_of
from .signals import Floats

_RELEASE = "0.0.4"  # the structure and the functions below are those of this release
_SAMPLE_RATE = 16_000
_WINDOW = 64  # samples of one value of the speech activity, 4 ms
_MARGIN = 75 * _WINDOW  # zeros that the package adds before and after the signal, samples
_PADDING = _SAMPLE_RATE * 320 // 1000  # zeros after these, samples
_SHORTEST = 50  # windows; shorter activity is no utterance
_FADE = 16
_IRS_POINTS = 26
_FUNCTIONS = (
    *("select_rate", "load_src", "fix_power_level", "apply_filter", "IIRFilt", "DC_block", "apply_filters"),
    *("calc_VAD", "safe_free"),
)
_TABLES = ("standard_IRS_filter_dB", "WB_InIIR_Hsos_16k", "WB_InIIR_Nsos_16k")


class _SignalInfo(ctypes.Structure):
    """SIGNAL_INFO of pesq.h."""

    _fields_ = (
        ("path_name", ctypes.c_char * 512),
        ("file_name", ctypes.c_char * 128),
        ("n_samples", ctypes.c_long),
        ("apply_swap", ctypes.c_long),
        ("input_filter", ctypes.c_long),
        ("data", ctypes.c_void_p),
        ("activity", ctypes.c_void_p),
        ("log_activity", ctypes.c_void_p),
    )


def count_utterances(reference: Floats, *, mode: str) -> int | None:
    """Count the utterances of a reference.

    Args:
        reference: clean signal at 16 kHz, shape (time,), not silent.
        mode: "wb" or "nb": the filter before the detection of speech differs.

    Returns:
        The number, None if it cannot be counted with the package that is installed here.
    """
    activity = _speech_activity(reference, mode)
    if activity is None:
        return None
    edges = np.flatnonzero(np.diff(activity > 0, prepend=False, append=False))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= _SHORTEST))


def _speech_activity(reference: Floats, mode: str) -> npt.NDArray[np.float32] | None:
    """Return the activity of each window of 4 ms, 0 without speech, shape (window,)."""
    library = _library()
    if library is None:
        return None
    samples = (reference / np.abs(reference).max()).astype(np.float32)
    info = _SignalInfo(n_samples=samples.size, data=samples.ctypes.data)
    error, message = ctypes.c_long(0), ctypes.c_char_p()
    library.select_rate(ctypes.c_long(_SAMPLE_RATE), ctypes.byref(error), ctypes.byref(message))
    library.load_src(ctypes.byref(error), ctypes.byref(message), ctypes.byref(info))  # copies the samples
    if error.value:
        return None
    try:
        _filter(library, info, mode)
        library.calc_VAD(ctypes.byref(info))
        return _floats(info.activity, info.n_samples // _WINDOW).copy()
    finally:
        for address in (info.data, info.activity, info.log_activity):
            library.safe_free(ctypes.c_void_p(address))


def _filter(library: ctypes.CDLL, info: _SignalInfo, mode: str) -> None:
    """Apply the level and the filters that precede the detection of speech, in place."""
    n_samples, data = ctypes.c_long(info.n_samples), ctypes.c_void_p(info.data)
    library.fix_power_level(ctypes.byref(info), ctypes.c_char_p(b"reference"), n_samples)
    if mode == "nb":
        irs = (ctypes.c_double * (2 * _IRS_POINTS)).in_dll(library, "standard_IRS_filter_dB")
        library.apply_filter(data, n_samples, ctypes.c_int(_IRS_POINTS), ctypes.byref(irs))
    else:
        _filter_wide_band(library, info)
    library.DC_block(data, n_samples)
    library.apply_filters(data, n_samples)


def _filter_wide_band(library: ctypes.CDLL, info: _SignalInfo) -> None:
    samples = _floats(info.data, info.n_samples)[_MARGIN:-_MARGIN]
    fade = np.arange(1, _FADE, dtype=np.float32) / _FADE
    samples[: fade.size] *= fade
    samples[-fade.size :] *= fade[::-1]
    coefficients = ctypes.byref(ctypes.c_float.in_dll(library, "WB_InIIR_Hsos_16k"))
    n_sections = ctypes.c_long.in_dll(library, "WB_InIIR_Nsos_16k")
    library.IIRFilt(
        coefficients, n_sections, None, ctypes.c_void_p(samples.ctypes.data), ctypes.c_long(samples.size), None
    )


def _floats(address: int, n: int) -> npt.NDArray[np.float32]:
    """Return `n` floats at an address of the library, as an array that shares their memory."""
    return np.ctypeslib.as_array((ctypes.c_float * n).from_address(address))


@cache
def _library() -> ctypes.CDLL | None:
    """Open the compiled library of pesq, None if it is another release or its functions cannot be reached."""
    if version_of("pesq") != _RELEASE:
        return None
    try:
        from pesq import cypesq

        # PyDLL keeps the interpreter lock, as the package does: the library has global variables.
        library = ctypes.PyDLL(cast("str", cypesq.__file__))
        for name in _FUNCTIONS:
            getattr(library, name).restype = None
        for name in _TABLES:
            ctypes.c_char.in_dll(library, name)
    except (ImportError, OSError, AttributeError, ValueError):
        return None
    return library
