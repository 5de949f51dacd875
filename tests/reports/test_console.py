from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from seinfer.analysis.cautions import Caution
from seinfer.analysis.leaderboard import leaderboard
from seinfer.analysis.results import Results
from seinfer.analysis.settings import TableSettings
from seinfer.reports.console import comparison_table, failures, folded_models, footnotes, not_run, title
from seinfer.reports.text_table import fit_to_width
from tests.reports import example_run


def notes(
    results: Results,
    width: int | None = None,
    warnings: list[Caution] | None = None,
    settings: TableSettings | None = None,
) -> str:
    table = fit_to_width(leaderboard(results), results.metrics, ["absent"], width)
    return "\n".join(footnotes(results, table, warnings or [], settings))


def with_header(results: Results, **values: Any) -> Results:
    return replace(results, header={**results.header, **values})


def test_title_gives_the_number_of_clips_and_the_sample_rate() -> None:
    assert title(example_run.results()) == "10 clips, 8 with a clean reference, scored at 16000 Hz"
    native = with_header(example_run.results(), settings={"score_sample_rate": "native"})
    assert title(native) == "10 clips, 8 with a clean reference, scored at the sample rate of each clip"
    assert title(example_run.results(metrics=())) == "10 clips"


@pytest.mark.parametrize("width", [50, 80, 130])
def test_comparison_table_is_exactly_as_wide_as_the_text_table(width: int) -> None:
    table = fit_to_width(leaderboard(example_run.results()), example_run.METRICS, ["absent"], width)
    out = Console(width=200)
    with out.capture() as capture:
        out.print(comparison_table(table))
    assert max(len(line.rstrip()) for line in capture.get().splitlines()) == table.width


def test_footnotes_explain_the_numbers_and_list_hidden_columns() -> None:
    text = notes(example_run.results(report={"baseline": "small"}), width=40)
    assert "hidden: terminal too narrow for peak memory, size, parameters (--format csv" in text
    assert "mean over the clips that have a score for every model; below it the improvement over small" in text
    assert "models that share a letter cannot be told apart" in text
    assert "not run (1): absent; install with: seinfer models pull absent; --all-rows shows each" in text
    assert "method: sdr by implementation of sdr; pesq_wb by " in text
    assert not re.search(r"\bnan\b|\binf\b", text)


def test_footnotes_of_the_full_table_mention_the_interval_and_no_hidden_columns() -> None:
    text = notes(example_run.results())
    assert "next to it the improvement over noisy ± half-width of its simultaneous 95 % interval" in text
    assert "hidden" not in text


def test_footnotes_with_few_common_clips_give_that_reason_instead_of_letters() -> None:
    text = notes(example_run.results(n_paired=4))
    assert "fewer than 6 clips have a score for every model" in text
    assert "share a letter" not in text


def test_footnotes_contain_warnings_notes_and_restrictive_licences() -> None:
    results = example_run.results()
    models = {**results.header["models"]}
    models["good"] = {**models["good"], "license_weights": "CC-BY-NC-4.0"}
    text = notes(with_header(results, models=models), warnings=[Caution("lag", (), 1, "it is late")])
    assert "warning: it is late" in text
    assert "note: made by hand" in text
    assert "; weights licence CC-BY-NC-4.0: good; --verbose" in text
    assert "small" not in text.splitlines()[-1]


def test_footnotes_by_snr_say_if_it_is_measured() -> None:
    results = example_run.results(report={"by": ["snr_db"]})
    assert "grouped by the SI-SDR" not in notes(results)
    clips = tuple(replace(clip, category={}) for clip in results.clips)
    key = (clips[0].clip_id, "noisy")
    row = results.rows[key]
    assert row.score is not None
    scored = replace(row, score=replace(row.score, values={**row.score.values, "si_sdr": 3.0}))
    measured = replace(results, clips=clips, rows={**results.rows, key: scored})
    assert "note: clips whose data set gives no snr_db are grouped by the SI-SDR of the noisy clip" in notes(measured)


def test_not_run_gives_the_reason_of_each_model() -> None:
    assert not_run(example_run.results().header) == {"absent": "weights missing: seinfer models pull absent"}


def test_failures_lists_ten_clips_and_counts_the_others() -> None:
    lines = list(failures(example_run.results()))
    assert [line.partition(": ")[2].partition("):")[0] for line in lines] == [
        *("set/p287_006 (small", "set/p287_007 (all models"),
    ]
    results = example_run.results(n_paired=10)
    clips = {clip.clip_id: replace(clip, problem="truncated: the file ends early") for clip in results.clips}
    rows = {key: replace(row, clip=clips[key[0]]) for key, row in results.rows.items()}
    lines = list(failures(replace(results, rows=rows)))
    assert lines[0] == "failed: set/p287_000 (all models): truncated: the file ends early"
    assert (len(lines), lines[-1]) == (11, "failed: 2 more clips, see per_clip.csv")


def test_footnotes_verbose_have_one_line_for_each_licence_and_metric() -> None:
    results = example_run.results()
    models = {**results.header["models"]}
    models["good"] = {**models["good"], "license_weights": "CC-BY-NC-4.0"}
    lines = notes(with_header(results, models=models), settings=TableSettings(is_verbose=True)).splitlines()
    assert lines[-3:] == [
        "licence: good: weights CC-BY-NC-4.0, code MIT",
        "metric: sdr: implementation of sdr",
        "metric: pesq_wb: implementation of pesq_wb",
    ]
    assert not any(line.startswith("method: ") for line in lines)


def test_footnotes_name_the_package_of_several_metrics_once() -> None:
    text = notes(with_header(example_run.results(), metrics={"sdr": "pack 1.0, taps", "pesq_wb": "pack 1.0, wide"}))
    assert "method: sdr, pesq_wb by pack 1.0; --verbose gives the details" in text


def with_models_not_run(results: Results, reasons: dict[str, str], lost: dict[str, str]) -> Results:
    models = {name: facts for name, facts in results.header["models"].items() if "not_run" not in facts}
    not_run = {name: {"not_run": reason} for name, reason in {**reasons, **lost}.items()}
    return with_header(results, models={**models, **not_run}, lost_models=lost)


def test_footnotes_on_models_that_are_not_installed_are_one_line() -> None:
    pulls = {name: f"weights missing: seinfer models pull {name}" for name in ("x", "y")}
    results = with_models_not_run(
        example_run.results(), {**pulls, "z": "its interpreter is not there"}, {"w": "w: hung"}
    )
    lines = [line for line in notes(results).splitlines() if line.startswith("not run")]
    assert lines == [
        "not run (2): x, y; install with: seinfer models pull all; --all-rows shows each",
        "not run: z: its interpreter is not there",
        "not run: w: hung",
    ]
    assert folded_models(results.header) == ["x", "y", "z"]
    each = [line for line in notes(results, settings=TableSettings(all_rows=True)).splitlines() if "not run" in line]
    assert each == [
        *("not run: x: weights missing: seinfer models pull x", "not run: y: weights missing: seinfer models pull y"),
        *("not run: z: its interpreter is not there", "not run: w: hung"),
    ]


def test_footnotes_with_the_same_note_twice_have_it_once() -> None:
    assert notes(with_header(example_run.results(), notes=["slow disk", "slow disk"])).count("note: slow disk") == 1
