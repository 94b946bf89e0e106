"""Deals that are closed in a company's own words never count as open without a question."""

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from simulator.cli import asking, main

HEAD = "Vorgangsnummer;Kunde;Phase;Betrag;Angelegt am;Abschluss geplant;Abgeschlossen am\n"
ROWS = """\
1;Acme;Angebot;1.000,00;05.01.2026;31.12.2026;
2;Bolt;Verhandlung;2.500,50;05.02.2026;15.12.2026;
3;Core;Auftrag, erteilt;400,00;07.01.2026;;01.03.2026
4;Dune;Absage;30,00;08.01.2026;;31.03.2026
5;Echo;Auftrag;70,00;09.01.2026;;30.04.2026
"""
OPEN = "1;Acme;Angebot;1.000,00;05.01.2026;31.12.2026;\n2;Bolt;Bestellt;2.500,50;05.02.2026;15.12.2026;\n"
ANSWERED = ("--won-stage", "Auftrag", "--won-stage", "auftrag, erteilt", "--lost-stage", "Absage")
COUNTED = "Deals: 2 open, 2 won, 1 lost."


@pytest.fixture
def begin(tmp_path):
    def run(text, *options, code=0, **more):
        path = tmp_path / "liste.csv"
        path.write_text(HEAD + text)
        said = ("--as-of", "2026-10-31", "--currency", "EUR", "--no-run", "--force")
        asked = ["init", str(tmp_path / "new"), "--from", str(path), *said, *options]
        result = CliRunner().invoke(main, asked, **more)
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    return run


def test_stages_whose_deals_all_have_a_day_of_closing_are_asked_about(begin, tmp_path):
    text = begin(ROWS, code=2)
    assert "[U012] a question is open" in text and not (tmp_path / "new").exists()
    assert "Auftrag, erteilt (1 deal with a day of closing), Absage (1 deal" in text
    assert "--won-stage NAME and --lost-stage NAME for each that does, or --won-stage none" in text


def test_options_answer(begin, tmp_path):
    text = begin(ROWS, *ANSWERED)
    assert COUNTED in text and "Assumed" not in text
    data = YAML(typ="safe").load((tmp_path / "new" / "scenario.yaml").read_text())["data"]
    assert (data["won_stages"], data["lost_stages"]) == (["Auftrag, erteilt", "Auftrag"], ["Absage"])
    assert "Deals: 5 open, 0 won, 0 lost." in begin(ROWS, "--won-stage", "none")


def test_an_option_that_names_no_stage_is_refused(begin):
    assert "no deal of" in (text := begin(ROWS, "--won-stage", "Aufrag", code=2)) and "Auftrag?" in text


def test_somebody_at_a_terminal_answers_and_slips_are_asked_for_again(begin, monkeypatch):
    monkeypatch.setattr(asking.Questions, "_there", lambda self: True)
    said = "Auftrag\nwon: Aufrag\nwon: Auftrag, Auftrag, erteilt; lost: absage\n"
    text = begin(ROWS, "--segment-by", "none", input=said)
    assert COUNTED in text and "write won: NAME" in text and "did you mean Auftrag?" in text


def test_where_no_stage_means_won_that_is_told(begin, tmp_path):
    assert "Assumed: no stage means won" in (text := begin(OPEN)) and "Deals: 2 open, 0 won" in text
    assert "Deals: 1 open, 1 won, 0 lost." in begin(OPEN, "--won-stage", "Bestellt")
    text = CliRunner().invoke(main, ["inspect", str(tmp_path / "liste.csv")]).output
    assert "no stage is known to mean won, so every deal that is not lost counts as open" in " ".join(
        text.split()
    )
    assert "no stage means won" not in begin(ROWS.replace("Auftrag;", "Gewonnen;"), *ANSWERED[2:])


@pytest.mark.parametrize("name", ["Сделка успешна", "Успешно реализовано", "Сделка провалена",
                                  "Закрыто и не реализовано"])  # fmt: skip
def test_the_ends_of_russian_systems_are_known(name, begin):
    stage = ROWS.replace("Auftrag, erteilt", name).replace("Auftrag;", f"{name};").replace("Absage", name)
    text = begin(stage)
    assert f"Deals: 2 open, {'3 won, 0' if 'успешн' in name.casefold() else '0 won, 3'} lost." in text
