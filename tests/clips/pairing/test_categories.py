"""Categories from names, and the user's rules that replace them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import CategoryRules, collect
from seinfer.clips.pairing.categories import read_name
from seinfer.core.errors import UsageError

from .folders import tree

NAMES = {
    "ms_realrec_emotional_female_SNR_17.74dB_headset_A2AHXGFXPG6ZSR_Water_far_Laughter_12.wav": {
        "source": "ms_realrec_emotional",
        "gender": "female",
        "snr_db": "17.74",
        "device": "headset",
        "noise": "Water",
        "distance": "far",
        "emotion": "laughter",
    },
    # The development set has neither gender nor SNR, and writes the number differently.
    "ms_realrec_emotional_laptopmicrophone_A3U20M3KJ10B1A_Creakingchair_near_Surprised_fileid_5.wav": {
        "source": "ms_realrec_emotional",
        "device": "laptopmicrophone",
        "noise": "Creakingchair",
        "distance": "near",
        "emotion": "surprised",
    },
    "ms_realrec_nonenglish_female_SNR_23.01dB_headset_10_spanish_1.wav": {
        "source": "ms_realrec_nonenglish",
        "gender": "female",
        "snr_db": "23.01",
        "device": "headset",
        "language": "spanish",
    },
    "ms_realrec_english_Lenovo_Laptop_A1QUQ0TV9KVD4C_air_conditioner_near_3.wav": {
        "source": "ms_realrec_english",
        "device": "Lenovo_Laptop",
        "noise": "air_conditioner",
        "distance": "near",
    },
    "ms_realrec_musical_headset_A1QUQ0TV9KVD4C_guitar_far_fileid_7.wav": {
        "source": "ms_realrec_musical",
        "device": "headset",
        "noise": "guitar",
        "distance": "far",
    },
    # Written by hand: a double suffix and no number; no worker; a name that gives only the set.
    "ms_realrec_emotional_male_SNR_-3dB_headset_A2AHXGFXPG6ZSR_Fan_near_Sad.wav.wav": {
        "source": "ms_realrec_emotional",
        "gender": "male",
        "snr_db": "-3",
        "device": "headset",
        "noise": "Fan",
        "distance": "near",
        "emotion": "sad",
    },
    "ms_realrec_english_headset_fan_near_3.wav": {
        "source": "ms_realrec_english",
        "device": "headset",
        "noise": "fan",
        "distance": "near",
    },
    "ms_realrec_english_my_headset_big_fan_near_3.wav": {"source": "ms_realrec_english"},
    "ms_realrec_nonenglish_male_SNR_1.5dB.wav": {
        "source": "ms_realrec_nonenglish",
        "gender": "male",
        "snr_db": "1.5",
    },
    "A1CIM28ZUCA8RX_M_Street_Near_Regular_SP_Mobile_Primary.wav": {
        "gender": "male",
        "noise": "Street",
        "distance": "near",
        "emotion": "regular",
        "device": "Mobile",
        "track": "Primary",
    },
    "A1DRKZ3SCLAS4V_F_Street-Creaky_Far_Sad_SP_Desk_Primary.wav": {
        "gender": "female",
        "noise": "Street-Creaky",
        "distance": "far",
        "emotion": "sad",
        "device": "Desk",
        "track": "Primary",
    },
    "Chips_Near_Regular_SP_Mobile_Primary_noisy.wav": {
        "noise": "Chips",
        "distance": "near",
        "emotion": "regular",
        "device": "Mobile",
        "track": "Primary",
    },
    "clnsp1_fan_snr5_tl-26_fileid_12.wav": {"snr_db": "5", "tl_db": "-26"},
    "primary_noisy_fileid_12_a_b_snr-5_tl-26.wav": {"snr_db": "-5", "tl_db": "-26"},
}


@pytest.mark.parametrize("name", NAMES)
def test_read_name_of_a_dns_clip_gives_its_categories(name: str) -> None:
    raw = name.replace(".wav", "")
    assert read_name(Path("any/where") / name) == {**NAMES[name], "category_raw": raw}


@pytest.mark.parametrize("name", ["p287_001.wav", "near_far_noise.wav", "snr5.wav", "A1B2_M_fan.wav", "ms_realrec.wav"])
def test_read_name_of_another_clip_gives_no_categories(name: str) -> None:
    assert read_name(Path("noisy") / name) == {}


def test_read_name_in_a_track_of_the_fifth_challenge_uses_the_folder() -> None:
    assert read_name(Path("V5/Track2_Speakerphone/noisy/17.wav")) == {
        "track": "Track2_Speakerphone",
        "device": "Speakerphone",
        "category_raw": "17",
    }


def categories(folder: Path, **rules: str | Path) -> dict[str, dict[str, str]]:
    found = collect([folder], categories=CategoryRules(**rules))  # type: ignore[arg-type]
    return {clip.clip_id: dict(clip.category) for clip in found.clips}


def test_collect_user_pattern_replaces_single_categories_of_the_name(tmp_path: Path) -> None:
    tree(tmp_path, "cafe/x_snr5_tl-26_fileid_1.wav", "p1.wav")
    assert categories(tmp_path, regex=r"^(?P<noise>\w+)/.*snr(?P<snr_db>\d)") == {
        "cafe/x_snr5_tl-26_fileid_1": {
            "snr_db": "5",
            "tl_db": "-26",
            "noise": "cafe",
            "category_raw": "x_snr5_tl-26_fileid_1",
        },
        "p1": {},
    }


def test_collect_user_table_replaces_the_pattern(tmp_path: Path) -> None:
    tree(tmp_path, "set/a_fan.wav", "set/b_fan.wav")
    table = tmp_path / "c.csv"
    table.write_text("clip_id,noise,room\na_fan,rain,kitchen\nother,x,y\n")
    assert categories(tmp_path / "set", regex="_(?P<noise>.+)", table=table) == {
        "a_fan": {"noise": "rain", "room": "kitchen"},
        "b_fan": {"noise": "fan"},
    }


@pytest.mark.parametrize(
    ("regex", "message"),
    [
        ("(?P<noise>", "--category-regex is .*expected a Python regular expression"),
        ("fan", "has no named group; expected groups"),
        ("(?P<nois>.)", "has the group 'nois'; expected groups .*noise"),
        ("(?P<noise>rain)", "matches no clip; it is searched in the clip_id, such as 'a_fan'"),
        ("(?P<snr_db>fan)", "snr_db of 'a_fan' is 'fan'; expected a number"),
    ],
)
def test_collect_a_wrong_pattern_is_refused(tmp_path: Path, regex: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        categories(tree(tmp_path, "a_fan.wav"), regex=regex)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip,noise\na,b\n", "has no column clip_id"),
        ("clip_id\na\n", "has no column clip_id with categories"),
        ("clip_id,noise\nx,b\n", "names none of the clips: it has 'x'"),
        ("clip_id,noise\na,b\na,c\n", "names a more than once"),
        ("clip_id,snr_db\na,nan\n", "snr_db of 'a' is 'nan'"),
    ],
)
def test_collect_a_wrong_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "c.csv"
    table.write_text(text)
    with pytest.raises(UsageError, match=message):
        categories(tree(tmp_path / "set", "a.wav"), table=table)


def test_collect_manifest_column_replaces_the_name(tmp_path: Path) -> None:
    tree(tmp_path, "x_snr5_tl-26_fileid_1.wav")
    (tmp_path / "list.csv").write_text("clip_id,noisy,snr_db\na,x_snr5_tl-26_fileid_1.wav,4.9\n")
    (clip,) = collect([], manifest=tmp_path / "list.csv").clips
    assert (clip.category["snr_db"], clip.category["tl_db"]) == ("4.9", "-26")
