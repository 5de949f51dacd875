"""Compute the ratings in test_nisqa.py with the authors' own code and stand-in weights.

    python -m tests.metrics.record_nisqa CLONE [FOLDER...]

CLONE is a clone of gabrielmittag/NISQA@fe84f0f. With folders, their files are also rated with the real weights, by the
authors' code and by ours.
"""

from __future__ import annotations

import inspect
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from .nisqa_stand_in import stand_in
from .oracleclips import dnsmos_clip

CASES = ((16_000, 1.0), (16_000, 4.0), (48_000, 1.0), (8_000, 4.0))


def main() -> None:
    """Print the ratings of clips of noise, and of each file in the folders."""
    clone = Path(sys.argv[1])
    sys.path.insert(0, str(clone))
    import torch
    from nisqa.NISQA_lib import NISQA_DIM, get_librosa_melspec, segment_specs  # type: ignore[import-not-found]

    from seinfer.metrics import nisqa

    real = torch.load(clone / "weights" / "nisqa.tar", map_location="cpu", weights_only=True)
    names = inspect.signature(NISQA_DIM.__init__).parameters
    model = NISQA_DIM(**{name: value for name, value in real["args"].items() if name in names}).eval()

    def rate(path: Path) -> Any:
        levels = get_librosa_melspec(
            str(path), sr=None, n_fft=4096, hop_length=0.01, win_length=0.02, n_mels=48, fmax=20000
        )
        segments, n = segment_specs(str(path), levels, 15, 4, 1300)
        with torch.no_grad():
            return model(segments[None].float(), torch.tensor([int(n)])).numpy()[0]

    model.load_state_dict(stand_in({name: tuple(value.shape) for name, value in model.state_dict().items()}))
    with tempfile.TemporaryDirectory() as folder:
        for sample_rate, duration_s in CASES:
            path = Path(folder) / "clip.wav"
            soundfile.write(path, dnsmos_clip(duration_s), sample_rate, "FLOAT")
            print(sample_rate, duration_s, [round(float(value), 6) for value in rate(path)])
    model.load_state_dict(real["model_state_dict"], strict=True)
    ours = nisqa.build(torch)
    ours.load_state_dict(real["model_state_dict"], strict=True)
    for path in [path for name in sys.argv[2:] for path in sorted(Path(name).glob("*.wav"))]:
        samples, sample_rate = soundfile.read(path)
        segments = torch.from_numpy(nisqa.segments(nisqa.mel_spectrogram(samples, sample_rate)))
        difference = np.abs(rate(path) - np.array(nisqa._forward(torch, ours, segments))).max()
        print(path.name, sample_rate, rate(path), f"largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
