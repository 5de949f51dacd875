from __future__ import annotations

from seinfer.analysis.groups import groups, has_measured_snr, input_snr_db
from seinfer.core.records import Clip
from tests.reports import made


def test_groups_by_snr_and_duration_are_bins_in_order_and_cover_every_clip_once() -> None:
    results = made.results()
    for key, labels in (
        ("snr_db", ["0..5", "5..10", "10..15", "15..20", "(none)"]),
        ("duration_s", ["0..5", "5..10", "10..15"]),
        ("device", ["headset", "(none)"]),
    ):
        found = groups(results, key)
        assert [group.label for group in found] == labels
        assert sum(group.clips for group in found).tolist() == [1] * len(results.clips)


def test_input_snr_that_no_data_set_states_is_the_si_sdr_of_the_noisy_clip() -> None:
    results = made.results()
    clip = results.clips[1]
    assert input_snr_db(results, clip) == 2.5
    row = results.rows[clip.clip_id, "noisy"]
    assert row.score is not None
    row.score.values["si_sdr"] = 7.0  # type: ignore[index]
    silent = Clip(clip.clip_id, clip.noisy_path, clip.clean_path)
    assert input_snr_db(results, silent) == 7.0
    assert not has_measured_snr(results)
