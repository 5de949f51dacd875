"""Every figure over runs of all shapes; the numbers themselves are tested with each figure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from seinfer.analysis.results import Results, results_of
from seinfer.cli import completion
from seinfer.reports.figures import FIGURES, Picture, as_bytes, as_svg, draw
from tests.analysis.example_models import MODELS, NOISY, Model, compared
from tests.reports import example_run

MAX_BYTES = 60_000
HOSTILE = ("_hidden $x^2$", "a\nb\x1b[31m\u202e", '"><script>alert(1)</script>', "\ufffe \udcff", "日本 😀", "x" * 300)


def drawn(name: str, results: Results) -> Picture:
    picture = draw(name, results)
    assert picture is not None
    return picture


def with_groups(results: Results, *keys: str) -> Results:
    return replace(results, header={**results.header, "report": {"by": list(keys)}})


def without_scores(results: Results) -> Results:
    enhancements = {key: row.enhancement for key, row in results.rows.items() if row.enhancement}
    return results_of(results.header, results.clips, enhancements, {})


def many(n_models: int) -> Mapping[str, Model]:
    others = {f"denoiser {i}": (1.0 + i / 4, 0.01 * 1.5**i, 80.0, 10) for i in range(n_models - 1)}
    return {"noisy": NOISY, **others}


RUNS: Mapping[str, Results] = {
    "every kind of row": with_groups(example_run.results(), "noise", "snr_db"),
    "measured costs": with_groups(example_run.results(costs=example_run.MEASURED), "noise"),
    "thirteen models": with_groups(compared(many(13)), "duration_s"),
    "one model": with_groups(compared({"noisy": NOISY}), "duration_s"),
    "one clip": with_groups(compared(MODELS, n_clips=1), "duration_s"),
    "six clips": with_groups(compared(MODELS, n_clips=6), "duration_s"),
    "without noisy": with_groups(compared({"a": (5.0, 0.1, 90.0, 10), "b": (4.0, 0.2, 90.0, 10)}), "duration_s"),
    "equal scores": with_groups(compared({"noisy": NOISY, "same": (0.0, 0.1, 90.0, 10)}), "duration_s"),
    "without reference": with_groups(example_run.results(n_paired=0, metrics=("dnsmos_ovrl",)), "device"),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_figure_of_a_run_is_a_small_svg_with_title_description_and_unique_ids(run: Results, name: str) -> None:
    picture = draw(name, run)
    if picture is None:
        return  # the next test says which figures these are
    svg = as_svg(picture)
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert [element.tag.rpartition("}")[2] for element in root[:2]] == ["title", "desc"]
    assert (root[0].text, root[1].text) == (picture.title, picture.description)
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids)) and all(one.startswith(f"{name}-") for one in ids)
    used = set(re.findall(r'(?:"#|url\(#)([^")]*)', svg)) | {root.get("aria-labelledby"), root.get("aria-describedby")}
    assert used <= set(ids)
    assert len(svg) < MAX_BYTES


@pytest.mark.parametrize(
    ("run", "absent"),
    [
        ("every kind of row", set()),
        ("thirteen models", set()),
        ("one model", {"differences", "cost", "input-quality"}),
        ("one clip", set()),
        ("without noisy", {"differences", "input-quality"}),
    ],
)
def test_figure_without_anything_to_show_is_none(run: str, absent: set[str]) -> None:
    assert {name for name in FIGURES if draw(name, RUNS[run]) is None} == absent


@pytest.mark.parametrize("name", FIGURES)
def test_figure_of_a_run_without_any_score_or_clip_is_none(name: str) -> None:
    assert draw(name, without_scores(RUNS["every kind of row"])) is None
    assert draw(name, compared(MODELS, n_clips=0)) is None


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("format_", ["svg", "png", "pdf"])
def test_figure_of_hostile_names_is_drawn_and_shows_them_as_text(name: str, format_: str) -> None:
    models = {"noisy": NOISY, **{one: (1.0 + i, 0.1, 90.0, 10) for i, one in enumerate(HOSTILE)}}
    picture = drawn(name, with_groups(compared(models), "duration_s"))
    data = as_bytes(picture, format_, dpi=60)
    if format_ == "svg":
        texts = [element.text for element in ElementTree.fromstring(data).iter("{http://www.w3.org/2000/svg}text")]
        assert "_hidden $x^2$" in texts
        assert r"a\nb\x1b[31m\u202e" in texts
        assert b"<script" not in data


@pytest.mark.parametrize("name", FIGURES)
def test_figure_of_ten_thousand_clips_is_small(name: str) -> None:
    run = with_groups(compared(dict(list(MODELS.items())[:3]), n_clips=10_000), "duration_s")
    assert len(as_svg(drawn(name, run))) < MAX_BYTES


def test_figures_have_the_same_bytes_in_another_process_and_whatever_matplotlibrc_says(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    code = (
        "import hashlib; from seinfer.reports.figures import *; from tests.analysis.example_models import *; "
        "run = compared(MODELS); "
        "pictures = [draw(name, run) for name in FIGURES if name != 'categories']; "
        "print([hashlib.sha256(as_bytes(one, kind)).hexdigest() for one in pictures for kind in FORMATS])"
    )
    folder = tmp_path_factory.mktemp("settings")
    (folder / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\nsvg.fonttype: path\n")
    found = []
    for environment in ({}, {"MATPLOTLIBRC": str(folder / "matplotlibrc"), "PYTHONHASHSEED": "7"}):
        result = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment},
        )
        found.append(result.stdout)
    assert found[0] == found[1] != ""


def test_names_of_the_shell_completion_are_those_of_the_figures() -> None:
    assert tuple(FIGURES) == completion.FIGURES


def test_draw_some_metrics_draws_a_panel_for_these_only() -> None:
    picture = draw("leaderboard", example_run.results(), ("pesq_wb",))
    assert picture is not None
    assert "PESQ-WB" in as_svg(picture) and "SDR" not in as_svg(picture)
