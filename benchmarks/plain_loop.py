"""A plain scoring loop: pesq, pystoi and mir_eval over pairs of files, one after the other, in one process.

    python -m benchmarks.plain_loop CLEAN_DIR ENHANCED_DIR...

`benchmarks.score` and `benchmarks.scoring` compare `seinfer score` with it.
"""

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
    """Score each folder against the clean one and print one line per file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path, help="folder of clean files")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of enhanced files with the same names")
    options = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)  # mir_eval warns that the module will be removed
    base, paths = find_audio([options.clean])
    for folder in options.folders:
        for name, path in zip(clip_ids(paths, base), paths, strict=True):
            reference, sample_rate = soundfile.read(path)
            estimate, _ = soundfile.read(folder / path.relative_to(base))
            scores = (
                bss_eval_sources(reference, estimate, compute_permutation=False)[0][0],
                pesq(sample_rate, reference, estimate, "wb"),
                stoi(reference, estimate, sample_rate),
                stoi(reference, estimate, sample_rate, extended=True),
            )
            print(folder.name, name, *(f"{score:.4f}" for score in scores))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
