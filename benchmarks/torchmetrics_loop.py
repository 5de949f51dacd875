"""The loop with torchmetrics: PESQ, STOI, ESTOI and SDR over pairs of files, one after the other, in one process."""

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
    """Score folders against a clean one and print a line a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clean", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    base, paths = find_audio([options.clean])
    for folder in options.folders:
        for name, path in zip(clip_ids(paths, base), paths, strict=True):
            reference, sample_rate = soundfile.read(path, dtype="float32")
            estimate, _ = soundfile.read(folder / path.relative_to(base), dtype="float32")
            pair = torch.from_numpy(estimate), torch.from_numpy(reference)
            figures = (
                signal_distortion_ratio(*pair),
                perceptual_evaluation_speech_quality(*pair, sample_rate, "wb"),
                short_time_objective_intelligibility(*pair, sample_rate),
                short_time_objective_intelligibility(*pair, sample_rate, extended=True),
            )
            print(folder.name, name, *(f"{float(figure):.4f}" for figure in figures))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
