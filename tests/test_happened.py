"""What has already come in, from won deals and invoices, and where it is counted."""

import numpy as np
import pytest
from factory import make_receivables, make_scenario, make_segment, make_wins

from simulator.currency import RateCurve
from simulator.figures import COMPANY, Figures
from simulator.forecast.happened import happened
from simulator.simulation import simulate
from simulator.targets import Target

NEVER = 2**62


def scenario(**overrides):
    """As of 31 Oct 2026: invoices of two fiscal years, paid and open, with and without a segment."""
    invoices = make_receivables(
        invoice_day=[-400, -310, -200, -40, -10, 0],
        due_day=[-370, -280, -170, -10, 20, 30],
        paid_day=[-390, -290, -31, 0, NEVER, 5],
        amount_minor=[100, 200, 400, 800, 1_600, 3_200],
        currency_index=[0, 0, 1, 0, 0, 0],
        currencies=("EUR", "USD"),
    )
    values = {
        "receivables": invoices,
        "invoice_segment": (0, 1, 0, 1, -1, 0),
        "segments": (make_segment(), make_segment(name="enterprise")),
        "rates": RateCurve.of("EUR", {"USD": [(-200, 0.5), (-100, 0.25)]}),
        "wins": make_wins(day=[-400, -100, 0], amount=[10, 20, 40], segment=[0, 1, 0]),
    }
    return make_scenario(**values | overrides)


def test_each_series_counts_its_own_day_at_its_own_rate():
    known = happened(scenario())
    assert known["bookings"].total(-303) == 60
    assert known["billings"].total(-303) == 400 * 0.5 + 800 + 1_600 + 3_200
    assert known["receipts"].total(-303) == 200 + 400 * 0.25 + 800, "paid this year, invoiced last year"


def test_segments_and_days_can_be_told_apart():
    known = happened(scenario())
    assert [known["billings"].total(-303, segment=s) for s in (0, 1, -1)] == [3_400, 800, 1_600]
    assert known["billings"].total(-303, last_day=-11) == 1_000
    assert known["receipts"].total(-1000, segment=0) == 200
    assert happened(make_scenario())["receipts"].total(-1000) == 0


def test_totals_of_the_fiscal_year_hold_what_was_invoiced_before_the_as_of_day():
    forecast = simulate(scenario(), trials=300)
    payload = forecast.to_json()
    year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
    quarter = next(p for p in payload["fiscal"] if p["name"] == "Q4 FY2026")
    assert year["billings"]["already"] == 58.0
    # Two won deals have no invoice, though the file is complete since before: their 0.60 are billed at once.
    assert year["billings"]["p50"] == 58.6
    assert quarter["billings"]["already"] == 48.0 and quarter["receipts"]["already"] == 8.0
    assert payload["totals"]["billings"]["mean"] == payload["cumulative"][0]["billings"]["mean"] == 58.6
    assert payload["sources"]["actual"]["billings"]["mean"] == 58.0
    assert payload["periods"][0]["billings"]["mean"] == 0.6, "November begins after it"
    assert forecast.quantile("billings", 0.5) == 58.6


def test_the_walk_begins_with_what_actual_figures_say():
    """The same `already` stands in the headline, in the parts and in the walk, whoever has told it."""
    month = np.array([-60]), np.array([-31])
    actuals = Figures(*month, ("bookings",), np.array([COMPANY]), np.array([7_000]))
    won = simulate(scenario(), trials=300)
    told = simulate(scenario(actuals=actuals), trials=300)
    assert dict(won.walk)["already won"] == 60 and dict(told.walk)["already won"] == 7_060
    assert dict(told.walk)["our average"] == dict(won.walk)["our average"] + 7_000
    year = next(p for p in told.to_json()["fiscal"] if p["name"] == "FY2026")
    assert year["bookings"]["already"] == year["parts"]["bookings"]["actual"] == 70.6


def test_targets_count_from_their_own_first_day():
    asked = [(first, segment) for first in (-303, -30, 1) for segment in (None, 0)]
    targets = tuple(Target(f"t{i}", "billings", 4_800, f, 61, s) for i, (f, s) in enumerate(asked))
    found = simulate(scenario(targets=targets), trials=300).to_json()["targets"]
    assert [t["already"] for t in found] == [58.0, 34.0, 48.0, 32.0, 0.0, 0.0]
    assert [t["chance"] for t in found] == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_without_earlier_invoices_nothing_is_added():
    open_only = make_receivables(invoice_day=[-10], due_day=[20], amount_minor=[1_600])
    payload = simulate(scenario(receivables=open_only, invoice_segment=(0,)), trials=300).to_json()
    year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
    assert (year["billings"]["already"], year["receipts"]["already"]) == (16.0, 0.0)
    bare = simulate(scenario(receivables=make_receivables(), invoice_segment=()), trials=300).to_json()
    assert bare["totals"]["billings"]["already"] == 0


def test_segments_add_up_to_the_company_with_what_names_none():
    payload = simulate(scenario(), trials=300).to_json()
    parts = payload["segments"]
    assert list(parts) == ["smb", "enterprise", "(no segment)"]
    for series in ("bookings", "billings", "receipts"):
        total = sum(part["totals"][series]["mean"] for part in parts.values())
        assert total == pytest.approx(payload["totals"][series]["mean"])
        for i, period in enumerate(payload["periods"]):
            month = sum(part["periods"][i][series]["mean"] for part in parts.values())
            assert month == pytest.approx(period[series]["mean"], abs=1e-9)
    assert parts["(no segment)"]["totals"]["receipts"]["mean"] > 0


def test_segments_add_up_in_the_csv_too():
    _, *rows = simulate(scenario(), trials=300).rows()
    means = [r for r in rows if r[0] == "receipts" and r[2] == "all" and not r[5] and r[6] == "mean"]
    whole = sum(r[-1] for r in means if r[1] == "all")
    parts = [r[-1] for r in means if r[1] != "all"]
    assert {r[1] for r in means} == {"all", "smb", "enterprise", "(no segment)"}
    assert sum(parts) == pytest.approx(whole) and whole > 0


def test_no_row_stands_where_every_invoice_has_its_segment():
    payload = simulate(scenario(invoice_segment=(0, 1, 0, 1, 1, 0)), trials=300).to_json()
    assert list(payload["segments"]) == ["smb", "enterprise"]
    assert np.isclose(
        sum(p["totals"]["receipts"]["mean"] for p in payload["segments"].values()),
        payload["totals"]["receipts"]["mean"],
    )
