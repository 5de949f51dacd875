"""`seinfer recommend`: recommend a model from a run folder, as text or as JSON."""

from __future__ import annotations

from pathlib import Path

from ..analysis.cautions import cautions
from ..analysis.recommend import Needs, advise
from ..pipeline.journal import read_journal
from ..reports.recommendation import print_recommendation, recommendation_json


def recommend_command(run_folder: Path, needs: Needs, *, as_json: bool) -> int:
    """Print which model to use. Returns 0, even if no model is recommended.

    Raises:
        RunFolderError: the folder is not a run folder.
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    results = read_journal(run_folder).results()
    advice, warnings = advise(results, needs), cautions(results)
    if as_json:
        print(recommendation_json(advice, warnings))
    else:
        print_recommendation(advice, warnings)
    return 0
