"""Read the categories of a clip (noise, device, distance, SNR, ...) from its name; nothing is guessed without a match.

The blind sets of the DNS challenges were named by hand, so the patterns are tried in order, from the complete form to
shorter ones, and `category_raw` keeps the unchanged name. Names as in microsoft/DNS-Challenge: blind sets 2 and
3 (ms_realrec_...), 4 (..._SP_Mobile_Primary) and 5 (Track1_Headset/noisy/), and those of its synthesiser
(..._snr5_tl-26_fileid_12).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...audio.reading import SUFFIXES
from ...core.errors import UsageError
from ...core.records import Clip
from . import messages
from .manifests import read_rows

FIELDS = ("snr_db", "source", "track", "noise", "device", "distance", "gender", "emotion", "language", "category_raw")

# A worker's id is one word that contains a digit. Without it, nothing separates the device from the noise.
_WORKER = r"(?=[^_]*\d)[^_]+"
_GENDER = r"(?:_(?P<gender>female|male))?"
_SNR = r"(?:_SNR_(?P<snr_db>-?\d+(?:\.\d+)?)dB)?"
_END = r"(?:_(?:fileid_)?\d+)?"
_PLACE = r"_(?P<distance>near|far)(?:_(?P<emotion>(?!fileid)[a-z]+))?" + _END
_REALREC = r"(?P<source>ms_realrec_(?:emotional|english|musical))" + _GENDER + _SNR

NAMES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_REALREC}_(?P<device>.+?)_{_WORKER}_(?P<noise>.+?){_PLACE}",
        rf"{_REALREC}_(?P<device>[^_]+)_(?P<noise>[^_]+){_PLACE}",
        rf"(?P<source>ms_realrec_nonenglish){_GENDER}{_SNR}_(?P<device>.+?)(?:_\d+)?_(?P<language>[a-z]+){_END}",
        rf"(?P<source>ms_realrec_[a-z]+){_GENDER}{_SNR}(?:_.*)?",
        rf"(?:{_WORKER}_)?(?:(?P<gender>M|F)_)?(?P<noise>.+?)_(?P<distance>near|far)_(?P<emotion>[^_]+)"
        r"_SP_(?P<device>mobile|desk)(?:_(?P<track>primary))?(?:_noisy)?",
        r"(?=.*fileid_\d).*?_snr(?P<snr_db>-?\d+(?:\.\d+)?)_tl(?P<tl_db>-?\d+(?:\.\d+)?)(?:_.*)?",
    )
)
"""Patterns of a file's whole name without suffix; the first that matches is used."""

FOLDERS = (re.compile(r"(?P<track>Track\d+_(?P<device>Headset|Speakerphone))", re.I),)
"""Patterns of the names of the folders that contain a file."""

_LOWER = ("distance", "gender", "emotion", "language")
_GENDERS = {"m": "male", "f": "female"}


@dataclass(frozen=True)
class CategoryRules:
    """A user's rules for categories. They replace categories from names and manifest; the table replaces the pattern's.

    Attributes:
        regex: --category-regex: pattern with named groups, searched in the clip_id; empty for none.
        table: --categories: CSV with clip_id and one column per category.
    """

    regex: str = ""
    table: Path | None = None


def read_name(path: Path) -> dict[str, str]:
    """Return the categories in the name of a file and of its folders; empty if no pattern matches."""
    name = path.name
    while Path(name).suffix.lower() in SUFFIXES:
        name = Path(name).stem
    found = next((match for pattern in NAMES if (match := pattern.fullmatch(name))), None)
    folders = (pattern.fullmatch(folder) for folder in path.parts[:-1] for pattern in FOLDERS)
    fields = {key: value for match in (*folders, found) if match for key, value in match.groupdict().items() if value}
    return {**_normalised(fields), "category_raw": name} if fields else {}


def _normalised(fields: Mapping[str, str]) -> dict[str, str]:
    """Give categories that have few possible words one spelling; noise and device are unchanged."""
    lowered = {key: value.lower() if key in _LOWER else value for key, value in fields.items()}
    return {key: _GENDERS.get(value, value) if key == "gender" else value for key, value in lowered.items()}


def add_categories_from_names(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """Return clips with the categories from their names; those from a manifest are kept."""
    return tuple(replace(clip, category={**read_name(Path(clip.noisy_path)), **clip.category}) for clip in clips)


def apply_category_rules(clips: Iterable[Clip], rules: CategoryRules) -> tuple[Clip, ...]:
    """Return clips with the user's categories, which replace the others.

    Raises:
        UsageError: the pattern or the table is malformed, or matches no clip.
    """
    result = tuple(clips)
    if rules.regex:
        result = _by_regex(result, rules.regex)
    if rules.table:
        result = _by_table(result, rules.table)
    for clip in result:
        _check_snr(clip)
    return result


def _by_regex(clips: tuple[Clip, ...], text: str) -> tuple[Clip, ...]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"--category-regex is {text!r}: {error}; expected a Python regular expression") from error
    if not pattern.groupindex or (unknown := sorted(set(pattern.groupindex) - set(FIELDS))):
        seen = f"the group {unknown[0]!r}" if pattern.groupindex else "no named group"
        raise UsageError(
            f"--category-regex has {seen}; expected groups such as (?P<noise>...), of: {', '.join(FIELDS)}"
        )
    found = {clip.clip_id: match for clip in clips if (match := pattern.search(clip.clip_id))}
    if not found:
        raise UsageError(
            f"--category-regex {text!r} matches no clip; it is searched in the clip_id, such as {clips[0].clip_id!r}"
        )
    return tuple(_with(clip, found[clip.clip_id].groupdict()) if clip.clip_id in found else clip for clip in clips)


def _by_table(clips: tuple[Clip, ...], path: Path) -> tuple[Clip, ...]:
    rows = read_rows(path)
    if not rows or "clip_id" not in rows[0] or len(rows[0]) < 2:
        raise UsageError(f"{path} has no column clip_id with categories next to it; expected clip_id,noise,device,...")
    names = [row["clip_id"] for row in rows]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(
            f"{path} names {messages.first_few(twice)} more than once; expected each clip_id once; remove a line"
        )
    table = {row["clip_id"]: {key: row[key] for key in row if key and key != "clip_id"} for row in rows}
    if not set(table) & {clip.clip_id for clip in clips}:
        raise UsageError(
            f"{path} names none of the clips: it has {names[0]!r}, a clip is {clips[0].clip_id!r}; expected clip_ids"
        )
    return tuple(_with(clip, table[clip.clip_id]) if clip.clip_id in table else clip for clip in clips)


def _with(clip: Clip, fields: Mapping[str, str | None]) -> Clip:
    given = {key: value.strip() for key, value in fields.items() if value is not None}
    return replace(clip, category={**clip.category, **given})


def _check_snr(clip: Clip) -> None:
    text = clip.category.get("snr_db", "")
    try:
        is_number = not text or math.isfinite(float(text))
    except ValueError:
        is_number = False
    if not is_number:
        raise UsageError(f"snr_db of {clip.clip_id!r} is {text!r}; expected a number of dB, or an empty cell")
