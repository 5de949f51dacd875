"""Record the LSD of the URGENT challenge's own function for the oracle pairs: writes lsd_oracle.json next to this file.

    python -m tests.metrics.record_lsd urgent2024_challenge/evaluation_metrics/calculate_intrusive_se_metrics.py [CLIPS]

uses only the function `lsd_metric` of the file, because the rest of it needs a dozen packages. It needs librosa.
CLIPS is a folder with clean/ and noisy/, whose pairs are recorded as well.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile

from .oracleclips import LSD_CASES, lsd_pair
from .signals import Floats

ORACLE = Path(__file__).with_name("lsd_oracle.json")


def main(source: Path, clips: Path | None) -> None:
    """Run the function on every pair."""
    text = source.read_bytes()
    (function,) = (
        node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "lsd_metric"
    )
    scope: dict[str, Any] = {"np": np, "librosa": librosa}
    exec(compile(ast.Module([function], []), str(source), "exec"), scope)

    def lsd(clean: Floats, noisy: Floats, sample_rate: int) -> float:
        return float(scope["lsd_metric"](clean.astype(np.float32), noisy.astype(np.float32), sample_rate))

    recorded = {
        "script": "urgent-challenge/urgent2024_challenge@9f16cef8aed4effc948c22f53598648074ac1d63:"
        "evaluation_metrics/calculate_intrusive_se_metrics.py",
        "sha256": hashlib.sha256(text).hexdigest(),
        "versions": {name: version(name) for name in ("librosa", "numpy")},
        "lsd": {f"{rate} {snr_db}": lsd(*lsd_pair(rate, snr_db), rate) for rate, snr_db in LSD_CASES},
    }
    for path in sorted((clips / "clean").iterdir()) if clips else ():
        clean, sample_rate = soundfile.read(path)
        noisy, _ = soundfile.read(path.parents[1] / "noisy" / path.name)
        print(path.stem, lsd(clean, noisy, sample_rate))
    ORACLE.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
