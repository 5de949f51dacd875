"""Colours, markers, text and settings of all figures.

The figures stand on light and on dark pages. So every colour has a contrast of at least 3:1 to white and to #16181d,
and text, axes and grid have the one colour INK, which `as_svg` replaces by the colour of the text around the figure.
The colours follow Okabe and Ito, "Color Universal Design" (2008), with orange, sky blue and yellow made darker for the
contrast; a model also has a marker of its own, so that no meaning depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ...core.escape import visible
from ...core.records import BASELINE

INK = "#101112"
"""Colour of text, axes and grid."""
NEUTRAL = "#7a7f87"
"""Colour of noisy, and of marks that belong to no model."""
ACCENT = "#0072b2"
"""Colour of a figure in which the axis names the models."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c26699", "#a87800", "#2f8fc4", "#857f00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
NOISY_MARKER = "d"
MAX_LABEL = 28
"""Longest name of a model or group in characters; a longer one loses its middle."""

_SETTINGS: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.formatter.limits": (-4, 5),
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "pdf.fonttype": 42,  # publishers refuse type 3 fonts
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a name may contain dollar signs
    "xtick.color": INK,
    "xtick.labelsize": 7.5,
    "xtick.major.size": 0,
    "ytick.color": INK,
    "ytick.labelsize": 7.5,
    "ytick.major.size": 0,
}


@contextmanager
def settings(**further: Any) -> Iterator[None]:
    """Use the settings of our figures, whatever matplotlibrc says; drawing and writing must both happen inside.

    Args:
        further: settings of matplotlib, with _ in place of the first dot of their name.
    """
    import warnings

    from matplotlib import style

    more = {name.replace("_", ".", 1): value for name, value in further.items()}
    with style.context({**_SETTINGS, **more}, after_reset=True), warnings.catch_warnings():
        # DejaVu lacks some scripts: a browser takes another font, and PNG and PDF show a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def colour(models: Sequence[str], model: str) -> str:
    """Return the colour of a model, which depends on the position in `models` only."""
    return NEUTRAL if model == BASELINE else COLOURS[models.index(model) % len(COLOURS)]


def marker(models: Sequence[str], model: str) -> str:
    """Return the marker of a model; colour and marker together are unique for up to 77 models."""
    return NOISY_MARKER if model == BASELINE else MARKERS[models.index(model) % len(MARKERS)]


def labels(names: Sequence[str]) -> dict[str, str]:
    """Return name -> text for a figure: one line, harmless, and short unless two shortened names would be equal."""
    shown = {name: _harmless(name) for name in names}
    short = {name: _shortened(text) for name, text in shown.items()}
    texts = list(short.values())
    return {name: text if texts.count(text) == 1 else shown[name] for name, text in short.items()}


def _harmless(name: str) -> str:
    """Return a text without the characters that XML does not allow."""
    return visible(name).replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def _shortened(text: str) -> str:
    if len(text) <= MAX_LABEL:
        return text
    tail = MAX_LABEL // 2 - 1
    return f"{text[: MAX_LABEL - tail - 1]}…{text[-tail:]}"
