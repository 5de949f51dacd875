"""docs/reproduction.md and the README show the same measured table, and the command that remakes it works."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import reproduce_dns2020 as reproduce
from seinfer.analysis.published import Reproduction
from seinfer.clips import test_sets
from seinfer.clips.test_sets import KNOWN_SETS, set_digest
from seinfer.core.records import Clip
from seinfer.models.registry import load_registry
from tests.helpers import RATE, ROOT, speech_like, write_audio

DOCS, README = ROOT / "docs" / "reproduction.md", ROOT / "README.md"
MARKERS = f"text\n<!-- table: {reproduce.RESULTS} -->\n| old |\n\nmore\n<!-- table: {reproduce.PUBLISHED} -->\nend\n"
N_CLIPS = 2


def rows(path: Path, name: str) -> list[list[str]]:
    """Return the cells of a table of a Markdown file, its heading first."""
    [block] = re.findall(rf"<!-- table: {re.escape(name)} -->\n((?:\|.*\n)+)", path.read_text(encoding="utf-8"))
    lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
    return [lines[0], *lines[2:]]


def test_readme_measured_table_is_that_of_the_documentation() -> None:
    table = rows(README, reproduce.RESULTS)
    assert table == rows(DOCS, reproduce.RESULTS)
    assert len(table) > 5


def test_documentation_published_table_has_every_figure_of_models_toml_for_its_models() -> None:
    models = {row[0] for row in rows(DOCS, reproduce.RESULTS)[1:]}
    expected = {
        (spec.name, figure.metric, float(figure.value), figure.source)
        for spec in load_registry().specs.values()
        for figure in spec.published
        if figure.test_set == reproduce.SET_ID and spec.name in models
    }
    expected |= {("GaGNet", figure.metric, figure.value, figure.source) for figure in reproduce.GAGNET_PUBLISHED}
    printed = {(row[0], row[1], float(row[3]), row[5]) for row in rows(DOCS, reproduce.PUBLISHED)[1:]}
    assert printed == expected


def test_documentation_unprocessed_clips_and_gagnet_reproduce_the_published_figures() -> None:
    # Tolerance: one unit of the last published digit; STOI and PESQ of GaGNet are published with fewer digits.
    tolerance = {"si_sdr": 0.01, "pesq_wb": 0.01, "pesq_nb_raw": 0.01, "stoi": 0.0001}
    found = [row for row in rows(DOCS, reproduce.PUBLISHED)[1:] if row[0] in ("noisy", "GaGNet")]
    assert len(found) == 8
    for _, metric, measured, published, *_ in found:
        assert float(measured) == pytest.approx(float(published), abs=tolerance[metric])


@pytest.fixture
def small_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a set of two clips in the form of the DNS set, which is taken for the whole set; return its folder."""
    clips = []
    for i in range(N_CLIPS):
        name = f"clnsp{i}_fan_1_snr5_tl-20_fileid_{i}"
        clean = speech_like(1.0, RATE, seed=i)
        noise = 0.02 * np.random.default_rng(i).standard_normal(len(clean))
        write_audio(tmp_path / "set" / "no_reverb_clean" / f"clean_fileid_{i}.wav", clean)
        write_audio(tmp_path / "set" / "no_reverb_mix" / f"{name}.wav", clean + noise)
        write_audio(tmp_path / "set" / "no_reverb_esti" / f"{name}.wav", clean + noise / 4)
        clips.append(Clip(name, f"/x/{name}.wav", "", RATE, 1, len(clean)))
    small = replace(KNOWN_SETS[0], n_clips=N_CLIPS, digest=set_digest(clips))
    monkeypatch.setattr(test_sets, "KNOWN_SETS", (small,))
    return tmp_path / "set"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Return the options that name the run folder and copies of the two Markdown files."""
    (tmp_path / "docs.md").write_text(MARKERS)
    (tmp_path / "readme.md").write_text(MARKERS)
    return [
        f"--{kind}={tmp_path / name}" for kind, name in (("out", "run"), ("docs", "docs.md"), ("readme", "readme.md"))
    ]


def test_reproduce_writes_both_tables_and_again_from_the_run_folder_alone(small_set: Path, files: list[str]) -> None:
    reproduce.main([str(small_set), "--models", "noisy", *files])
    docs, readme = small_set.parent / "docs.md", small_set.parent / "readme.md"
    table = rows(docs, reproduce.RESULTS)
    assert table == rows(readme, reproduce.RESULTS)
    assert [row[0] for row in table] == ["model", "noisy", "GaGNet"]
    assert [heading.split()[0] for heading in table[0][1:6]] == ["SDR", "SI-SDR", "PESQ-WB", "STOI", "ESTOI"]
    published = rows(docs, reproduce.PUBLISHED)
    assert [row[:2] for row in published[1:]] == [
        [model, metric] for model in ("noisy", "GaGNet") for metric in ("si_sdr", "pesq_wb", "pesq_nb_raw", "stoi")
    ]
    before = docs.read_text()
    assert before.startswith("text\n") and before.endswith("|\nend\n") and "| old |" not in before
    reproduce.main(files)
    assert docs.read_text() == before


def test_reproduce_of_another_set_writes_nothing_and_says_so(small_set: Path, files: list[str]) -> None:
    for path in (*small_set.glob("no_reverb_mix/*"), *small_set.glob("no_reverb_esti/*")):
        path.rename(path.with_name(path.name.replace("snr5", "snr6")))
    with pytest.raises(SystemExit, match="the 2 clips are not the set dns2020-no-reverb; expected all 150"):
        reproduce.main([str(small_set), "--models", "noisy", *files])
    assert (small_set.parent / "docs.md").read_text() == MARKERS


def test_reproduce_without_the_folders_of_the_set_names_them(tmp_path: Path, files: list[str]) -> None:
    with pytest.raises(SystemExit, match="no_reverb_mix is not a folder; expected no_reverb_mix and no_reverb_clean"):
        reproduce.main([str(tmp_path), *files])


def test_reproduce_without_a_run_folder_says_so(files: list[str]) -> None:
    with pytest.raises(SystemExit, match="is not a run folder"):
        reproduce.main(files)


def test_put_table_without_its_line_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("no table\n")
    with pytest.raises(SystemExit, match="has no line <!-- table: a name -->"):
        reproduce.put_table(tmp_path / "x.md", "a name", "| x |\n")


def test_published_table_shows_the_digits_of_the_source() -> None:
    found = Reproduction("dns2020-no-reverb", "noisy", "stoi", 0.91517, 150, 0.9152, -0.00003, "a paper")
    assert reproduce.published_table([found]).splitlines()[2] == (
        "| noisy | stoi | 0.9152 | 0.9152 | +0.0000 | a paper |"
    )
