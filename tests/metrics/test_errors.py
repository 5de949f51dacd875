"""Reasons and remarks are separate, closed sets of codes."""

from __future__ import annotations

import pytest

from seinfer.metrics.errors import REASONS, REMARKS, MetricError, is_in_pieces, remark_on_pieces


def test_reasons_and_remarks_have_no_code_in_common() -> None:
    assert not set(REASONS) & set(REMARKS)


def test_metric_error_with_unknown_reason_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        MetricError("bad_luck")


def test_metric_error_status_is_the_reason_and_its_detail() -> None:
    error = MetricError("pesq_error", detail="buffer too short")
    assert error.status == "pesq_error: buffer too short"
    assert str(error) == f"{REASONS['pesq_error']}: buffer too short"
    assert MetricError("too_short", "0.1 s").status == "too_short"
    assert str(MetricError("too_short", "0.1 s")) == "0.1 s"
    assert str(MetricError("too_short")) == REASONS["too_short"]


def test_remark_on_pieces_states_how_many_are_averaged() -> None:
    assert remark_on_pieces(3, 3) == "mean of 3 pieces"
    assert remark_on_pieces(2, 3) == "mean of 2 of 3 pieces"


def test_remark_on_pieces_begins_with_its_code_and_is_recognised() -> None:
    remark = remark_on_pieces(2, 3)
    assert remark.split(" ")[0] in REMARKS
    assert is_in_pieces(remark)
    assert not any(map(is_in_pieces, ("identical", "clamped", "pesq_crash", "")))
