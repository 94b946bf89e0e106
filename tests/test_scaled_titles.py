"""A column whose title says thousands or millions is refused: its amounts would be a thousandth."""

import pytest
from click.testing import CliRunner
from written import SCENARIO, problems

from simulator.cli import main
from simulator.loading.scaled_titles import scaled_titles
from simulator.loading.sources import parse_table

SCALED = (
    *("Amount (kEUR)", "Betrag TEUR", "Betrag in T€", "amount_keur", "Amount in thousands", "Amount ('000)"),
    *("Value $000s", "Deal size, US$ m", "Amount ($M)", "ACV (K)", "Umsatz Mio. EUR", "Wert in Tsd."),
    *("Сумма, тыс. руб.", "Сумма (млн)", "Amount, EUR bn", "MEUR", "Amount EUR k"),
    *(
        "Amount (k USD)",
        "Betrag (T EUR)",
        "Umsatz in k €",
        "Amount in k",
        "Amount, k",
        "Amount [K]",
        "Amount k",
    ),
    *("Belopp kSEK", "Belopp (MSEK)", "Kwota KPLN", "Amount ($mm)", "Amount (EUR mn)", "Amount (in K)"),
    *(
        "Amount in lakhs",
        "Montant en milliers",
        "Сумма, т.руб.",
        "Сумма (т.р.)",
        "Amount x1000",
        "in 1000 EUR",
    ),
)
PLAIN = (
    *("Amount", "Betrag in EUR", "Amount USD monthly", "Amount EUR", "Milestone amount", "Total 2000"),
    *("Amount (Marketing)", "Kundenbetrag", "Сумма", "Сумма в тысячелетии", "Amount EUR 10000", "MRR"),
    *(
        "Montant mars",
        "Total amount",
        "Mall amount",
        "TOTAL",
        "Amount in month",
        "Amount, team",
        "Kit amount",
    ),
    *("Amount (Tier 1)", "Team", "Betrag T1", "Amount M1", "Сумма т", "Amount k-factor", "Amount 2026"),
)


def found(title, ours="amount"):
    return list(scaled_titles(parse_table(f"id;{title}\n1;2\n".encode(), "deals.csv"), {"id": 0, ours: 1}))


@pytest.mark.parametrize("title", SCALED)
def test_titles_that_say_thousands_or_millions_are_known(title):
    (problem,) = found(title)
    assert problem.code == "D091" and problem.column == title


@pytest.mark.parametrize("title", PLAIN)
def test_other_titles_say_nothing(title):
    assert found(title) == []


def test_columns_without_money_are_not_looked_at():
    assert found("Revenue in thousands", "name") == []
    assert [one.column for one in found("Open (kEUR)", "open_amount")] == ["Open (kEUR)"]


DEALS = "id,stage,Amount (kEUR),created,note in thousands\nD1,Proposal,12.5,2026-09-01,1\n"


def test_a_run_refuses_them_where_they_are_mapped(tmp_path, pinned):
    said = '{deals: deals.csv, columns: {deals: {amount: "Amount (kEUR)"}}'
    scenario = SCENARIO.replace("{deals: deals.csv", said)
    (problem,) = problems(tmp_path, scenario=scenario, deals=DEALS)
    assert (problem.code, problem.file, problem.line, problem.value) == ("D091", "deals.csv", 1, "kEUR")
    pinned("D091", str(problem))


def test_inspect_and_init_refuse_them_once(tmp_path):
    export, named = tmp_path / "export.csv", tmp_path / "map.yaml"
    export.write_text(DEALS)
    named.write_text('columns: {deals: {amount: "Amount (kEUR)"}}\n')
    result = CliRunner().invoke(main, ["inspect", str(export), "--map", str(named)])
    assert result.exit_code == 0 and result.output.count("[D091]") == 1
    assert "the file's total" not in result.output
    result = CliRunner().invoke(
        main, ["init", str(tmp_path / "p"), "--from", str(export), "--map", str(named)]
    )
    assert result.exit_code == 4 and result.output.count("[D091]") == 1
    assert not (tmp_path / "p").exists()
