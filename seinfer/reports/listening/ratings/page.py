"""blind_report.html: the results of a listening test, beside the objective scores of the run if it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ....core.files import write_text
from ....models.extras import require_extra
from ...figures.picture import as_svg
from ...html.template import render_page
from .console import NOTES
from .figures import pictures
from .scoring import ScoredTest
from .sections import objective_sections, rater_section, result_sections

REPORT = "blind_report.html"
FILES = ("blind_summary.csv", "blind_pairwise.csv", "blind_per_clip.csv", "blind_raters.csv", "blind_ratings.csv")


def write_page(scored: ScoredTest, conclusions: Sequence[str], folder: Path) -> None:
    """Write the page; the same ratings give the same bytes.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
        RunFolderError: it cannot be written.
    """
    require_extra("report", "the report of a listening test")
    from markupsafe import Markup

    test = scored.key.test
    drawn = {picture.name: (picture, Markup(as_svg(picture))) for picture in pictures(scored)}
    values = {
        "figures": drawn,
        "title": test.title,
        "facts": _facts(scored),
        "conclusions": conclusions,
        "remarks": scored.remarks,
        "results": list(result_sections(scored)),
        "raters": rater_section(scored),
        "objective": list(objective_sections(scored)),
        "notes": NOTES,
        "rules": {name.replace("_", " "): f"{value:g}" for name, value in asdict(scored.key.rules).items()},
        "files": FILES if scored.objective is None else (*FILES, "blind_correlation.csv"),
    }
    write_text(folder / REPORT, render_page("blind_report.html", values))


def _facts(scored: ScoredTest) -> dict[str, str]:
    key, found = scored.key, scored.screened
    return {
        "Design": key.test.design,
        "Raters": f"{len(scored.raters)} of {key.test.n_raters} planned, {len(scored.excluded)} excluded",
        "Clips": str(found.n_clips),
        "Votes": f"{found.n_votes} without the excluded raters, {scored.unscreened.n_votes} in all",
        "Level": key.level or "not stated",
        "Test": key.test.test_id,
        "Commitment to the key": key.test.key_sha256,
        "Made with": f"seinfer {key.seinfer_version}" if key.seinfer_version else "not stated",
    }
