"""Speech recognition by pocketsphinx with the US English model in its package.

The rule: the same samples give the same words, whatever was recognised before. So the features start anew for each clip
and are normalised over the whole clip. The sha256 of all files of the model is checked before it is used.

This is a small recogniser of the 2010s. It makes many errors with accents and noise that larger ones do not make, so
its error rates are far above those of current systems. Compare models by it, not with published word error rates.

Source: cmusphinx/pocketsphinx; the licence of code and model is BSD-2-Clause, as the package states it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import MetricError

PACKAGE = "pocketsphinx"
MODEL_SHA256 = "08889afe64a88cf788f985d0ecb44abb44e6d19e02801ca3fb7986aa8af164ad"
"""Digest over the paths and the contents of the files of the model, in the order of their paths."""
_FULL_SCALE = 32767


def transcribe(samples: npt.NDArray[np.float32], sample_rate: int) -> str:
    """Return the words of a recording in lower case, "" if none is recognised.

    Args:
        samples: shape (time,), full scale at 1.
        sample_rate: Hz, 16000.

    Raises:
        MetricError: not_installed, model_file.
    """
    decoder = _decoder(sample_rate)
    if not samples.size:
        return ""
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(np.round(np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found else ""


@cache
def _decoder(sample_rate: int) -> Any:
    folder = model_folder()
    if (digest := digest_of(folder)) != MODEL_SHA256:
        raise MetricError("model_file", detail=f"{folder} has sha256 {digest}, expected {MODEL_SHA256}")
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MetricError("not_installed", detail=f"{PACKAGE} cannot be imported ({error})") from error
    return Decoder(
        hmm=str(folder / "en-us"),
        lm=str(folder / "en-us.lm.bin"),
        dict=str(folder / "cmudict-en-us.dict"),
        samprate=sample_rate,
        cmn="batch",
        loglevel="FATAL",
    )


def model_folder() -> Path:
    """Return the folder of the model in the installed package.

    Raises:
        MetricError: not_installed.
    """
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise MetricError("not_installed", detail=f"there is no package {PACKAGE}, which contains the model")
    return Path(package.submodule_search_locations[0]) / "model" / "en-us"


def digest_of(folder: Path) -> str:
    """Return the sha256 over the paths and contents of all files in a folder.

    Raises:
        MetricError: model_file.
    """
    digest = hashlib.sha256()
    try:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    except OSError as error:
        raise MetricError("model_file", detail=f"{folder} cannot be read ({error.strerror})") from error
    return digest.hexdigest()
