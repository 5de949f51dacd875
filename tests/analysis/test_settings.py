from __future__ import annotations

import json

from seinfer.analysis.settings import TableSettings


def test_settings_read_from_the_header_equal_the_settings_written_to_it() -> None:
    settings = TableSettings(baseline="rnnoise", by=("noise",), dnsmos_csv=True)
    header = {"report": json.loads(json.dumps(settings.as_header()))}
    assert TableSettings.of(header) == settings


def test_settings_of_a_header_without_any_are_the_defaults() -> None:
    assert TableSettings.of({}) == TableSettings()


def test_settings_of_one_printing_are_not_kept_in_the_header() -> None:
    printed = TableSettings(format="csv", sort="rtf", metrics=("sdr",))
    assert printed.as_header() == TableSettings().as_header()
