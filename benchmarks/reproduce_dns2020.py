"""The DNS-2020 test set without reverberation: measured figures beside published ones, written into the documentation.

    python -m benchmarks.reproduce_dns2020 [SET] [--models all] [--out dns2020]

SET is a folder with no_reverb_mix, no_reverb_clean and no_reverb_esti (docs/reproduction.md says where it comes from).
`seinfer compare` runs the models on it, and continues in OUT if it was interrupted. Without SET, the tables are rebuilt
from the run folder OUT alone. Both tables of docs/reproduction.md and the first table of README.md are replaced.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from seinfer.analysis.published import Reproduction, reproductions
from seinfer.analysis.results import Results
from seinfer.clips.test_sets import recognise
from seinfer.core.errors import SeinferError
from seinfer.core.records import Published, to_json
from seinfer.pipeline.journal import read_journal
from seinfer.reports.published import shown_figures

from .timing import SEINFER

SET_ID = "dns2020-no-reverb"
NOISY, CLEAN, ENHANCED = "no_reverb_mix", "no_reverb_clean", "no_reverb_esti"
METRICS = "sdr,si_sdr,pesq_wb,pesq_nb,pesq_nb_raw,stoi,estoi"
SHOWN = "sdr,si_sdr,pesq_wb,stoi,estoi"
RESULTS, PUBLISHED = "measured on DNS-2020", "published on DNS-2020"
"""Names of the tables in the Markdown files."""

GAGNET = "GaGNet"
_PAPER = "Li et al., Glance and Gaze, Applied Acoustics 2022 (pii S0003682X21005934)"
GAGNET_PUBLISHED = tuple(
    Published(SET_ID, metric, value, _PAPER)
    for metric, value in (("si_sdr", 18.91), ("pesq_wb", 3.17), ("pesq_nb_raw", 3.56), ("stoi", 0.9713))
)
"""Figures of the system whose enhanced files come with the set; it is no model of seinfer."""


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison if a set is given, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, nargs="?", metavar="SET", help="folder of the test set")
    parser.add_argument("--models", default="all", help="models to compare, as in seinfer compare")
    parser.add_argument("--out", type=Path, default=Path("dns2020"), help="run folder")
    parser.add_argument("--docs", type=Path, default=Path("docs/reproduction.md"), help="file with both tables")
    parser.add_argument("--readme", type=Path, default=Path("README.md"), help="file with the measured table")
    options = parser.parse_args(arguments)
    if options.set:
        compare(options.set, options.models, options.out)
    try:
        results = with_gagnet(read_journal(options.out).results())
    except SeinferError as error:
        sys.exit(str(error))
    known = recognise(results.clips)
    if known is None or known.set_id != SET_ID:
        sys.exit(
            f"{options.out}: the {len(results.clips)} clips are not the set {SET_ID}; expected all 150 of its clips"
        )
    measured = measured_table(options.out)
    put_table(options.docs, RESULTS, measured)
    put_table(options.docs, PUBLISHED, published_table(reproductions(results)))
    put_table(options.readme, RESULTS, measured)


def compare(folder: Path, models: str, out: Path) -> None:
    """Run `seinfer compare` on the set; GaGNet's files are scored too if they are there."""
    for name in (NOISY, CLEAN):
        if not (folder / name).is_dir():
            sys.exit(f"{folder / name} is not a folder; expected {NOISY} and {CLEAN} in {folder}")
    add = ["--add", f"{GAGNET}={folder / ENHANCED}"] if (folder / ENHANCED).is_dir() else []
    command = [*SEINFER, "compare", "--models", models, "--clean", str(folder / CLEAN), *add]
    command += ["--metrics", METRICS, "--out", str(out), str(folder / NOISY)]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if code:
        sys.exit(f"seinfer compare ended with exit code {code}; no table was written")


def with_gagnet(results: Results) -> Results:
    """Return the results with GaGNet's published figures, if its files were scored."""
    models = dict(results.header.get("models", {}))
    if GAGNET in models:
        models[GAGNET] = {**models[GAGNET], "published": [to_json(figure) for figure in GAGNET_PUBLISHED]}
    return replace(results, header={**results.header, "models": models})


def measured_table(out: Path) -> str:
    """Return the table of `seinfer report` in Markdown, without its title, its notes, and models that did not run."""
    command = [*SEINFER, "report", str(out), "--metrics", SHOWN, "--format", "md"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"seinfer report ended with exit code {run.returncode}: {run.stderr}")
    lines = [line for line in run.stdout.splitlines() if line.startswith("|") and "| not run |" not in line]
    return "".join(f"{line}\n" for line in lines)


def published_table(found: list[Reproduction]) -> str:
    """Return a row for each published figure, in Markdown."""
    lines = ["| model | metric | measured | published | difference | source |", "|---|---|---:|---:|---:|---|"]
    lines += [f"| {' | '.join((one.model, one.metric, *shown_figures(one), one.source))} |" for one in found]
    return "".join(f"{line}\n" for line in lines)


def put_table(path: Path, name: str, table: str) -> None:
    """Replace the table below the line `<!-- table: NAME -->` of a Markdown file."""
    text = path.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- table: {re.escape(name)} -->\n)(?:\|.*\n)*")
    if not place.search(text):
        sys.exit(f"{path} has no line <!-- table: {name} -->; expected it above the table")
    path.write_text(place.sub(lambda found: found[1] + table, text), encoding="utf-8")


if __name__ == "__main__":
    main()
