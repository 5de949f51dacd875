"""Hours, memory and disk of a large job, from costs of the test."""

from __future__ import annotations

import pytest

from seinfer.analysis.estimate import LargeJob, ScoringCost, assumptions, estimate, parse_job
from seinfer.core.errors import UsageError
from seinfer.enhancement.bench import BatchCost, BenchCost

SCORING = ScoringCost(("pesq_wb", "stoi"), 0.36, 200.0)


def cost(threads: int, rtf: float, *, is_busy: bool = False) -> BenchCost:
    alone = BatchCost(1, rtf=rtf, clips_per_s=1 / (5 * rtf), peak_rss_mib=100.0, is_busy=is_busy)
    four = BatchCost(4, rtf=rtf / 2, clips_per_s=2 / (5 * rtf), cpu_s_per_s=rtf, peak_rss_mib=150.0, is_busy=is_busy)
    return BenchCost("model", threads, clip_s=5.0, batches=(alone, four))


def test_estimate_uses_most_threads_and_the_fastest_batch() -> None:
    [one] = estimate(
        LargeJob(1_000_000, 5.0), [cost(1, 0.2), cost(2, 0.144)], SCORING, cores=2, machines=4, sample_rate=16_000
    )
    assert (one.threads, one.batch_size) == (2, 4)
    assert one.inference_h == pytest.approx(100.0)  # 1e6 x 5 s x 0.072
    assert one.scoring_h == pytest.approx(50.0)  # 1e6 x 0.36 s / 2 cores
    assert (one.total_h, one.machines_h) == pytest.approx((150.0, 37.5))
    assert one.core_h == pytest.approx(300.0)  # 1e6 x (5 s x 0.144 + 0.36 s)
    assert one.memory_mib == 150.0 + 2 * 200.0
    assert one.disk_gib == pytest.approx(1e6 * 160_044 / 2**30)


def test_estimate_model_that_was_not_measured_has_its_reason() -> None:
    [one] = estimate(
        LargeJob(10, 5.0), [BenchCost("lost", 1, "crashed")], SCORING, cores=2, machines=1, sample_rate=16_000
    )
    assert (one.error, one.total_h) == ("crashed", 0.0)


def test_estimate_on_a_busy_machine_says_so() -> None:
    [one] = estimate(LargeJob(10, 5.0), [cost(1, 0.1, is_busy=True)], SCORING, cores=1, machines=1, sample_rate=16_000)
    assert one.is_busy


def test_parse_job_reads_clips_and_seconds() -> None:
    assert parse_job("1000000x5s") == LargeJob(1_000_000, 5.0)
    assert parse_job("20x2.5s") == LargeJob(20, 2.5)
    assert LargeJob(720, 5.0).audio_h == 1.0


@pytest.mark.parametrize("text", ["", "5s", "1000000", "1000000x5", "0x5s", "3x0s", "-1x5s", "1e6x5s"])
def test_parse_job_of_something_else_raises(text: str) -> None:
    with pytest.raises(UsageError, match="such as 1000000x5s"):
        parse_job(text)


def test_assumptions_name_the_job_and_the_metrics() -> None:
    [few, *_] = assumptions(LargeJob(100, 2.0), SCORING, cores=2, machines=1, sample_rate=16_000)
    assert few.endswith(" are 0.0556 hours of audio.")
    lines = assumptions(LargeJob(1_000_000, 5.0), SCORING, cores=2, machines=3, sample_rate=16_000)
    assert lines[0] == "1,000,000 clips of 5 s are 1,389 hours of audio."
    assert "0.36 s of one core (pesq_wb, stoi)" in lines[1]
    assert lines[-1].startswith("3 machines ")
    assert len(assumptions(LargeJob(1, 5.0), SCORING, cores=2, machines=1, sample_rate=16_000)) == len(lines) - 1
