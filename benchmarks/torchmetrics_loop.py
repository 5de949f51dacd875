"""A plain scoring loop with torchmetrics: PESQ, STOI, ESTOI and SDR over pairs of files, in one process.

    python -m benchmarks.torchmetrics_loop CLEAN_DIR ENHANCED_DIR...

`benchmarks.scoring` compares `seinfer score` with it if torchmetrics is installed, which no extra of seinfer does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import soundfile
import torch
from torchmetrics.functional.audio import (
    perceptual_evaluation_speech_quality,
    short_time_objective_intelligibility,
    signal_distortion_ratio,
)

from seinfer.clips.discovery import clip_ids, find_audio


def main() -> None:
    """Score each folder against the clean one and print one line per file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path, help="folder of clean files")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of enhanced files with the same names")
    options = parser.parse_args()
    base, paths = find_audio([options.clean])
    for folder in options.folders:
        for name, path in zip(clip_ids(paths, base), paths, strict=True):
            reference, sample_rate = soundfile.read(path, dtype="float32")
            estimate, _ = soundfile.read(folder / path.relative_to(base), dtype="float32")
            pair = torch.from_numpy(estimate), torch.from_numpy(reference)
            scores = (
                signal_distortion_ratio(*pair),
                perceptual_evaluation_speech_quality(*pair, sample_rate, "wb"),
                short_time_objective_intelligibility(*pair, sample_rate),
                short_time_objective_intelligibility(*pair, sample_rate, extended=True),
            )
            print(folder.name, name, *(f"{float(score):.4f}" for score in scores))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
