"""Record the scores of Microsoft's own script for the oracle clips: writes dnsmos_oracle.json next to this file.

    python -m tests.metrics.record_dnsmos DNS-Challenge/DNSMOS

needs the folder of a checkout, which contains dnsmos_local.py and the networks in DNSMOS/ and pDNSMOS/, and an
environment with the imports of the script: librosa, onnxruntime, pandas, requests, soundfile, tqdm. The tests do
not need them.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import soundfile

from .oracleclips import DNSMOS_DURATIONS_S, dnsmos_clip
from .signals import SAMPLE_RATE

ORACLE = Path(__file__).with_name("dnsmos_oracle.json")
# The personalised network takes as long again: one repeated clip and one clip that is not are enough.
PERSONALISED_DURATIONS_S = (5.0, 12.0)
# Some frames and bands of the features of P.808 for the clip of one window.
FEATURES = (slice(None, None, 100), slice(None, None, 13))


def main(folder: Path) -> None:
    """Run the script's `ComputeScore` on every clip."""
    sys.path.insert(0, str(folder.resolve()))
    os.chdir(folder)  # the script reads its networks from there
    script = importlib.import_module("dnsmos_local")
    networks = ["DNSMOS/sig_bak_ovr.onnx", "pDNSMOS/sig_bak_ovr.onnx", "DNSMOS/model_v8.onnx"]
    plain, personalised = (script.ComputeScore(network, networks[2]) for network in networks[:2])
    scores: dict[str, dict[str, Any]] = {"dnsmos": {}, "pdnsmos": {}}
    with tempfile.TemporaryDirectory() as scratch:
        for duration_s in DNSMOS_DURATIONS_S:
            path = Path(scratch) / "clip.wav"
            soundfile.write(path, dnsmos_clip(duration_s), SAMPLE_RATE, "PCM_16")
            scores["dnsmos"][str(duration_s)] = _numbers(plain(str(path), SAMPLE_RATE, False))
            if duration_s in PERSONALISED_DURATIONS_S:
                scores["pdnsmos"][str(duration_s)] = _numbers(personalised(str(path), SAMPLE_RATE, True))
    features = plain.audio_melspec(audio=dnsmos_clip(9.01)[:-160])[FEATURES]
    recorded = {
        "script": "microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py",
        "sha256": {
            name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in ("dnsmos_local.py", *networks)
        },
        "versions": {name: version(name) for name in ("librosa", "numpy", "onnxruntime")},
        "features": [[round(float(cell), 7) for cell in frame] for frame in features],
        **scores,
    }
    ORACLE.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if name != "filename"}


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # librosa finds the lowest mel bands empty
    main(Path(sys.argv[1]))
