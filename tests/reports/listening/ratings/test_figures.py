from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.reports.figures.picture import as_svg
from seinfer.reports.listening.ratings.figures import pictures
from seinfer.reports.listening.ratings.scoring import score_test
from seinfer.reports.listening.records import DesignName

from .simulated import make_key, rate, write_ratings
from .test_objective import LEVEL, MODELS, run


def test_pictures_with_a_run_show_ratings_and_their_relation_to_objective_scores(tmp_path: Path) -> None:
    key = make_key(n_raters=4, n_clips=8, models=MODELS)
    paths = write_ratings(tmp_path, rate(key, quality=LEVEL))
    ratings, agreement = pictures(score_test(paths, key, test_folder=None, results=run(), allow_fewer=False))
    assert [ratings.name, agreement.name] == ["ratings", "agreement"]
    assert ratings.description.startswith("mos_ovrl: good ")
    assert "mos_ovrl against pesq_wb: noisy " in agreement.description
    assert as_svg(ratings) == as_svg(ratings)


@pytest.mark.parametrize(("design", "n"), [("mushra", 1), ("ccr", 1), ("abx", 0)])
def test_pictures_without_a_run_show_ratings_if_there_are_any(design: DesignName, n: int, tmp_path: Path) -> None:
    key = make_key(design, n_raters=4, n_clips=4)
    found = score_test(write_ratings(tmp_path, rate(key)), key, test_folder=None, results=None, allow_fewer=False)
    assert len(pictures(found)) == n
