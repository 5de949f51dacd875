"""Compute the ratings in test_distillmos.py with the package itself.

    python -m tests.metrics.record_distillmos FOLDER...

The package imports torchaudio, which it needs only to read files, and which does not load beside every torch: an empty
module takes its place.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import soundfile

from .oracleclips import dnsmos_clip

DURATIONS_S = (2.0, 7.68, 8.0, 20.5)


def main() -> None:
    """Print the rating of clips of noise, and of each file in the folders."""
    stand_in = ModuleType("torchaudio")
    stand_in.__spec__ = ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = stand_in
    import torch
    from distillmos import ConvTransformerSQAModel

    model = ConvTransformerSQAModel().eval()
    clips = {str(duration_s): dnsmos_clip(duration_s) for duration_s in DURATIONS_S}
    clips |= {str(path): soundfile.read(path)[0] for name in sys.argv[1:] for path in sorted(Path(name).glob("*.wav"))}
    for name, samples in clips.items():
        with torch.no_grad():
            print(name, model(torch.from_numpy(samples).float()[None]).item())


if __name__ == "__main__":
    main()
