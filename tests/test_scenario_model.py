"""What a scenario may say: every key read, every value in its range, the schema of the same opinion."""

from datetime import date
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from pydantic import ValidationError
from written import SCENARIO, problems

from simulator.distributions import Empirical, Fixed, Gamma, Hazard, LogLogistic, LogNormal, Weibull
from simulator.loading.yaml import parse_yaml, read_yaml
from simulator.scenario.laws import DaysLaw, MoneyLaw
from simulator.scenario.model import ScenarioFile
from simulator.scenario.schema import json_schema, keys_at
from simulator.scenario.values import chance, days, money, quantity

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = """\
version: 1
name: everything
description: every key of this version
source: a test
as_of: 2026-10-31
horizon: 2027-12-31
fiscal_year_start: 4
period: quarter
time_zone: UTC
currency: EUR
rates: {USD: 0.92, GBP: [{from: 2026-10-01, rate: 1.15}, {from: 2027-01-01, rate: 1.2}], source: bank}
trials: 2000
seed: 7
data:
  deals: deals.csv
  columns: {deals: {id: "Opportunity ID", class: Tier}, invoices: {id: Number}}
  decimal: ","
  date_order: dmy
  won_stages: [Closed]
  lost_stages: [Dead]
  segment: {from: Pipeline, map: {Enterprise: enterprise}}
segments:
  enterprise:
    country: DE
    quarter_end_weight: 1.5
    probability_basis: entry
    worth: exact
    stages:
      Need established: {close: 5%, days: {median: 20, p90: 50}, source: expert}
      Solution proposed:
        {close: 0.6, back: 0.05, skip: 0, moves: {Won: 0.02}, days: {mean: 30, sd: 2}, days_lost: {median: 6}}
    recycling: {chance: 0.1, delay: {median: 90, p90: 200}, attempts: 3}
    close_date: {rule: blend, slip: 1.3, delay: 1m}
    amount: {unchanged: 40%, location: -5%, scale: 0.1}
    soberness: {odds: 0.8, amount: 0.9}
    new_pipeline:
      per_month: 8
      season: {12: 1.4}
      trend: 10%
      dispersion: 4
      entry: {Need established: 1}
      amount: {median: 40k, p90: 150k}
      bluebirds: {per_month: 0.5, amount: {median: 9k, p90: 30k}}
    terms: {default: net 30, Gold: 2/10 net 30}
    payment:
      default: {median_late: 7, bad_debt: 0.005, shared: 0.2}
      Gold: {table: {-1: .15, 0: .25, 30: 0.99}}
    invoice_lag: 3
    delivery: {median: 45, p90: 90}
    acceptance: 10
    roll: following
    use_probability: true
market: {shared: 0.03, segment: 0.05, phi: 0.5}
targets:
  plan: {series: bookings, amount: 6M, by: FY2027, segment: all, source: board}
  cash: {series: receipts, amount: 250k, from: 2026-11-01, until: 2027-03-31, segment: enterprise}
"""


def test_every_key_is_read():
    file = ScenarioFile.model_validate(parse_yaml(EVERYTHING, "x").data)
    segment = file.segments["enterprise"]
    assert file.rates.by_currency["GBP"][1].first == date(2027, 1, 1)
    assert segment.worth == np.inf
    assert segment.stages["Solution proposed"].moves == {"Won": 0.02}
    assert segment.close_date.delay == 30
    assert segment.amount.unchanged == 0.4
    assert segment.new_pipeline.season == {12: 1.4}
    assert segment.payment["Gold"].table == {-1: 0.15, 0: 0.25, 30: 0.99}
    assert file.targets["cash"].until == date(2027, 3, 31)
    with pytest.raises(ValidationError):
        file.seed = 8


def test_the_schema_agrees_with_the_model():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    check = jsonschema.Draft202012Validator(json_schema())
    check.validate(parse_yaml(EVERYTHING, "x").data)
    for path in (ROOT / "scenarios").glob("*.yaml"):
        check.validate(read_yaml(path).data)
    bad = parse_yaml(EVERYTHING, "x").data
    for change in ({"horizn": "1m"}, {"period": "day"}, {"segments": {"a": {"worth": 1}}}, {"learned": {}}):
        assert not check.is_valid(bad | change), change
    assert not check.is_valid({"name": "x"})
    assert check.is_valid({"extends": "other.yaml", "market": None})


def test_keys_are_known_by_their_place():
    assert "horizon" in keys_at(())
    assert "close" in keys_at(("segments", "any", "stages", "any"))
    assert "median" in keys_at(("segments", "any", "delivery"))
    assert "per_month" in keys_at(("segments", "any", "new_pipeline"))
    assert keys_at(("segments",)) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("learned: [learned.yaml]", {"S013"}),
        ("compare_with: [3]", {"S013"}),
        ("compare_with: [{name: slip}]", {"S012"}),
        ("compare_with: [nowhere.yaml]", {"S015"}),
        ("deals: {D1: {outcome: one}}", {"S013"}),
        ("deals: {D7: {outcome: won}}", {"S049"}),
        ("targets: {a: {series: revenue, amount: 1, by: 2026-12}}", {"S063"}),
        ("market: {shared: 0.1}", {"S040"}),
        ("trials: 0", {"S013"}),
        ("trials: many", {"S013"}),
        ("seed: -1", {"S013"}),
        ("seed: 1.5", {"S013"}),
        ("period: mnth", {"S013"}),
        ("fiscal_year_start: 13", {"S013"}),
        ("fiscal_year_start: April", {"S013"}),
        ("fiscal_year_start: [4]", {"S013"}),
        ("fiscal_year_start: {calendar: 4-4-4, start: 2026-02-01}", {"S013"}),
        ("fiscal_year_start: {calendar: 4-4-5, start: February}", {"S020"}),
        ("fiscal_year_start: {calendar: 4-4-5, start: 2026-02-30}", {"S020"}),
        ("fiscal_year_start: {calendar: 4-4-5}", {"S012"}),
        ("fiscal_year_start: {start: 2026-02-01}", {"S012"}),
        ("fiscal_year_start: {calendar: 4-4-5, start: 2026-02-01, weeks: 52}", {"S010"}),
        ("fiscal_year_start: {}", {"S012"}),
        ("targets: {a: {series: bookings, amount: -1, by: 2026-12}}", {"S022"}),
        ("targets: {a: {series: bookings, amount: 1e20, by: 2026-12}}", {"S022"}),
        ("targets: {a: {series: bookings, amount: 1, by: 2026-12, from: 2026-01-01}}", {"S043"}),
        ("targets: {a: {series: bookings, amount: 1}}", {"S043"}),
        ("targets: [1]", {"S013"}),
        ("targets: {a: 3}", {"S013"}),
        ("description: [x]", {"S013"}),
    ],
)
def test_a_wrong_top_level_is_told(tmp_path, text, codes):
    assert {p.code for p in problems(tmp_path, SCENARIO + text + "\n")} == codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tax: 1.9", "S013"),
        ("mix: {a: 1}", "S060"),
        ("worth: exactly", "S013"),
        ("worth: 4.9", "S039"),
        ("quarter_end_weight: 0", "S013"),
        ("use_probability: maybe", "S013"),
        ("close_date: {rule: blended}", "S013"),
        ("close_date: {slip: 0}", "S013"),
        ("close_date: {delay: soon}", "S021"),
        ("amount: {scale: -1}", "S013"),
        ("amount: {location: 3}", "S013"),
        ("amount: {by_size: -0.1}", "S013"),
        ("amount: {by_size: 0.4, reference: 1000}", "S013"),
        ("close_date: {overdue: 21}", "S013"),
        ("close_date: {pushes: -4}", "S013"),
        ("amount: {unchanged: 2}", "S014"),
        ("recycling: {attempts: 0}", "S013"),
        ("recycling: {chance: 1.1}", "S014"),
        ("soberness: {odds: true}", "S013"),
        ("soberness: 3", "S013"),
        ("delivery: {median: 5, p90: 4}", "S038"),
        ("delivery: {dist: weibull, shape: 1}", "S038"),
        ("delivery: {dist: loglogistic, median: 5, shape: 0.9}", "S038"),
        ("delivery: {dist: hazard, edges: [0, 5, 3], rates: [1, 1, 1]}", "S038"),
        ("delivery: {dist: empirical, values: []}", "S038"),
        ("delivery: -3", "S021"),
        ("payment: {default: {median_late: 0}}", "S046"),
        ("payment: {default: {median_late: 5, table: {0: 1}}}", "S046"),
        ("payment: {default: {table: {-31: 0.5, 0: 1}}}", "S046"),
        ("payment: {default: {bad_debt: 1}}", "S046"),
        ("terms: {Gold: nett 30}", "S045"),
        ("roll: folowing", "S013"),
        ("cycle: {median: 120d}", "S037"),
        ("invoice_lag: 1e999", "S013"),
    ],
)
def test_a_wrong_segment_is_told(tmp_path, text, code):
    found = problems(tmp_path, SCENARIO + f"    {text}\n")
    assert code in {p.code for p in found}
    assert found[0].line == 14


def test_misspelt_keys_are_guessed(tmp_path):
    text = SCENARIO.replace("horizon", "horzion") + "    close_dat: {}\n"
    remedies = {p.value or p.column: p.remedy for p in problems(tmp_path, text)}
    assert "did you mean horizon?" in remedies.values()
    assert "did you mean close_date?" in remedies.values()


@pytest.mark.parametrize(
    ("given", "law"),
    [
        ({"median": 20, "p90": 50}, LogNormal.from_median(20, 50)),
        ({"mean": 30, "sd": 20}, LogNormal.from_mean(30, 20)),
        ({"median": "2w"}, LogNormal(np.log(14), 0.7)),
        ({"dist": "lognormal", "median": 20, "p90": 20}, LogNormal(np.log(20), 0.0)),
        ({"dist": "weibull", "shape": 1.5, "scale": 20}, Weibull(1.5, 20)),
        ({"dist": "gamma", "shape": 2, "scale": 10}, Gamma(2, 10)),
        ({"dist": "loglogistic", "median": 20, "shape": 3}, LogLogistic(20, 3)),
        ({"dist": "fixed", "days": 5}, Fixed(5)),
        ({"dist": "empirical", "values": [5, 1, 3]}, Empirical((1, 3, 5))),
        ({"dist": "hazard", "edges": [0, 30], "rates": [0.01, 0.1]}, Hazard((0, 30), (0.01, 0.1))),
    ],
)
def test_laws_of_days(given, law):
    assert DaysLaw.model_validate(given).distribution() == law


def test_laws_of_money():
    law = MoneyLaw.model_validate({"median": "40k", "p90": "150k"}).distribution()
    assert float(law.isf(0.5)) == pytest.approx(40_000)
    assert float(law.isf(0.1)) == pytest.approx(150_000)
    assert MoneyLaw.model_validate({"dist": "fixed", "amount": "2M"}).distribution() == Fixed(2e6)


def test_single_values():
    assert [chance(x) for x in (0, 1, "60%", "0.25", 0.5)] == [0, 1, 0.6, 0.25, 0.5]
    assert [float(money(x)) for x in ("6M", "250k", "1.5bn", 12.5, "0.005k")] == [6e6, 25e4, 15e8, 12.5, 5]
    assert [days(x) for x in (3, "90d", "2w", "1m", 2.5)] == [3, 90, 14, 30, 2.5]
    assert quantity("6M") == (6_000_000, "") and quantity("6m") == (6, "m") and quantity("x") is None
    for reader, bad in [
        (chance, True),
        (chance, "x"),
        (chance, float("nan")),
        (money, "6X"),
        (days, "1e9"),
        (money, True),
        (chance, "1" * 99),
        (days, None),
    ]:
        with pytest.raises(ValueError, match=r".+"):
            reader(bad)
