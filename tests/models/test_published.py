"""Published figures of a models.toml: every mistake is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.errors import RegistryError
from seinfer.core.records import ModelSpec, Published, from_json, to_json
from seinfer.models.published import read_published
from seinfer.models.table import read_models
from tests.helpers import table

FIGURE = {"test_set": "dns2020-no-reverb", "metric": "si_sdr", "value": 9.07, "source": "a paper, table 1"}


def test_read_published_figures_are_kept_in_order() -> None:
    figures, mistakes = read_published("[m]", [FIGURE, {**FIGURE, "metric": "stoi", "value": 1}])
    assert figures == (Published(**FIGURE), Published("dns2020-no-reverb", "stoi", 1, "a paper, table 1"))
    assert mistakes == []


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ({**FIGURE, "metric": "PESQ"}, "there is no metric called 'PESQ': did you mean pesq_wb"),
        ({**FIGURE, "test_set": "dns2020"}, "no test_set called 'dns2020': did you mean dns2020-no-reverb?"),
        ({**FIGURE, "value": "9.07"}, "value is '9.07', expected a finite number"),
        ({**FIGURE, "value": True}, "value is True, expected a finite number"),
        ({**FIGURE, "value": float("nan")}, "value is nan, expected a finite number"),
        ({**FIGURE, "source": ""}, "source is '', expected a text that is not empty"),
        ({**FIGURE, "metric": 3}, "metric is 3, expected a text that is not empty"),
        ({**FIGURE, "year": 2020}, "unknown key 'year'; expected one of test_set, metric, value, source"),
        ({key: FIGURE[key] for key in ("test_set", "metric", "value")}, "the key 'source' is missing"),
        (9.07, "is 9.07, expected a table with test_set, metric, value, source"),
    ],
)
def test_read_published_a_mistake_is_named_with_its_place(figure: object, message: str) -> None:
    figures, [mistake] = read_published("[m]", [FIGURE, figure])
    assert figures == (Published(**FIGURE),)
    assert mistake.startswith("[m] published 2: ") and message in mistake


def test_read_published_several_mistakes_are_all_named() -> None:
    _, mistakes = read_published("[m]", [{**FIGURE, "metric": "PESQ", "value": "x"}, {}])
    assert len(mistakes) == 2 + 4


def test_read_models_published_figures_survive_the_process_border(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(table("m", published=toml(FIGURE)))
    spec = read_models(tmp_path / "models.toml")["m"]
    assert spec.published == (Published(**FIGURE),)
    assert from_json(ModelSpec, json.loads(json.dumps(to_json(spec)))) == spec


def test_read_models_a_mistake_in_a_published_figure_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(table("m", published=toml({**FIGURE, "metric": "PESQ"})))
    with pytest.raises(RegistryError, match=r"models\.toml: \[m\] published 1: there is no metric called 'PESQ'"):
        read_models(tmp_path / "models.toml")


def toml(figure: dict[str, object]) -> str:
    return f"[{{{', '.join(f'{key} = {json.dumps(value)}' for key, value in figure.items())}}}]"
