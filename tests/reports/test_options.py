from __future__ import annotations

import pytest

from seinfer.analysis.settings import ReportSettings
from seinfer.core.errors import UsageError
from seinfer.core.records import Clip
from seinfer.reports.options import TableOptions

CLIPS = [Clip("x", "x.wav", category={"room": "kitchen"})]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("noise,device,snr,duration", ("noise", "device", "snr_db", "duration_s")),
        ("room", ("room",)),
        (" snr_db , snr", ("snr_db",)),
        ("", ()),
    ],
)
def test_by_reads_columns_short_names_and_the_users_own(text: str, keys: tuple[str, ...]) -> None:
    assert TableOptions(by=text).settings(CLIPS, ["noisy"]).by == keys


def test_settings_that_are_not_given_stay_as_they_were() -> None:
    kept = ReportSettings("rnnoise", ("noise",), True)
    assert TableOptions().settings(CLIPS, ["noisy", "rnnoise"], kept) == kept
    assert TableOptions(baseline="", by="", dnsmos_csv=False).settings(CLIPS, ["noisy"], kept) == ReportSettings()


def test_settings_come_back_from_the_header() -> None:
    settings = ReportSettings("rnnoise", ("noise",), True)
    assert ReportSettings.of({"report": settings.as_header()}) == settings
    assert ReportSettings.of({}) == ReportSettings()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (TableOptions(by="nois"), "--by names 'nois', which is not a category of these clips: did you mean noise"),
        (TableOptions(by="clip_id"), "--by names 'clip_id'"),
        (TableOptions(baseline="rnoise"), "--baseline is 'rnoise'.*did you mean rnnoise"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_a_hint(options: TableOptions, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        options.settings(CLIPS, ["noisy", "rnnoise"])


def test_format_that_is_unknown_is_refused() -> None:
    with pytest.raises(UsageError, match="--format is 'xml'; expected one of table, md, csv, json, latex"):
        TableOptions(format="xml").display()
