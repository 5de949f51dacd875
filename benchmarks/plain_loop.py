"""The loop that people write: pesq, pystoi and mir_eval over pairs of files, one after the other, in one process."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import soundfile
from mir_eval.separation import bss_eval_sources
from pesq import pesq
from pystoi import stoi

from seinfer.clips.discovery import clip_ids, find_audio


def main() -> None:
    """Score folders against a clean one and print a line a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clean", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)  # mir_eval announces the end of the module
    base, paths = find_audio([options.clean])
    for folder in options.folders:
        for name, path in zip(clip_ids(paths, base), paths, strict=True):
            reference, sample_rate = soundfile.read(path)
            estimate, _ = soundfile.read(folder / path.relative_to(base))
            sdr = bss_eval_sources(reference, estimate, compute_permutation=False)[0][0]
            figures = (
                sdr,
                pesq(sample_rate, reference, estimate, "wb"),
                stoi(reference, estimate, sample_rate),
                stoi(reference, estimate, sample_rate, extended=True),
            )
            print(folder.name, name, *(f"{figure:.4f}" for figure in figures))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
