"""Swing deals, tripwires, good years and priced terms as people read and see them, from a payload by hand."""

from copy import deepcopy

import pytest

from simulator.report import explain_good_years, explain_swings, explain_terms, explain_tripwires
from simulator.report.explain_way_figure import way_figure
from simulator.report.layout import WIDTH
from simulator.words import scale_for

SCALE = scale_for(6e6, "EUR", 5e4)
STATS = {
    "mean": 5.0e6,
    "p10": 4e6,
    "p50": 5e6,
    "p90": 6e6,
    "error": {"mean": 2e4, "p10": 2e4, "p50": 2e4, "p90": 2e4},
}
DEAL = {
    "id": "D17", "name": "Acme", "customer": "Acme", "segment": "smb", "stage": "Contract", "amount": 4.4e5,
    "chance": 0.6, "days_in_stage": 145, "usual_days": 45, "pushes": 3, "stated_close": "2026-05-29",
    "close_if_won": "2027-01-19", "if_won": 0.38, "if_lost": 0.21, "swing": 0.17, "error": 0.006,
}  # fmt: skip
OTHER = DEAL | {
    "id": "D18", "name": "D18", "days_in_stage": None, "pushes": None, "stated_close": None,
    "close_if_won": None, "if_won": 0.3, "if_lost": 0.26, "swing": 0.04,
}  # fmt: skip


def at(chance, amount, wide=2e4, share=0.58):
    return {
        "chance": chance,
        "amount": amount,
        "from": amount - wide,
        "to": amount + wide,
        "share_above": share,
    }


def changed(mean, low, error=1e3):
    return {"mean": mean, "low": low, "error": {"mean": error, "low": error}}


PAYLOAD = {
    "as_of": "2026-10-31", "amount": STATS,
    "aim": {"target": "plan-2027", "series": "bookings", "from": "2027-01-01", "until": "2027-12-31",
            "segment": "all", "amount": 4.8e6, "chance": 0.27, "low": 0.26, "high": 0.28},
    "swings": {"of": "chance", "trials": 4000, "open_deals": 200, "decided": 0, "deals": [DEAL, OTHER]},
    "tripwires": {"dates": [
        {"by": "2027-02-28", "p10": 4e5, "p50": 7e5, "p90": 1.2e6, "at": [at(0.5, 1.1e6)]},
        {"by": "2027-03-31", "p10": 6e5, "p50": 1.1e6, "p90": 1.8e6,
         "at": [at(0.1, 1.1e6), at(0.5, 1.4e6), at(0.9, 1.9e6)]},
    ]},
    "good_years": {"good": "reached", "share": 0.27, "trials": 4000, "looked_at": 291, "shared": [
        {"kind": "deal", "id": "D17", "name": "Acme", "customer": "Acme", "in_good": 0.81, "overall": 0.49},
        {"kind": "won", "segment": "all", "by": "2027-12-31", "at_least": 58,
         "in_good": 0.9, "overall": 0.5},
        {"kind": "arrivals", "segment": "smb", "by": "2027-04-30", "at_least": 12,
         "in_good": 0.7, "overall": 0.5},
        {"kind": "market", "segment": "all", "quarter": "2026-Q4", "in_good": 0.52, "overall": 1 / 3},
    ]},
    "terms_priced": {
        "by": "2027-12-31", "deposit": 0.3, "trials": 4000, "low": 3.9e6, "mean": 4.6e6,
        "terms": [{"terms": "net 30", "deals": 118, "held_back": changed(1.9e5, 1.4e5),
                   "deposit": changed(6e4, 5e4)},
                  {"terms": "CIA", "deals": 4, "held_back": changed(0.0, 0.0), "deposit": None}],
        "deals": [{"id": "D17", "name": "Acme", "customer": "Acme", "terms": "net 30",
                   "held_back": changed(2e4, 1e4), "deposit": None}],
    },
}  # fmt: skip


def told(part, **changes):
    payload = deepcopy(PAYLOAD)
    for path, value in changes.items():
        *keys, last = path.split("__")
        inside = payload
        for key in keys:
            inside = inside[key]
        inside[last] = value
    lines = part.lines(payload, SCALE)
    assert all(len(line) <= WIDTH for line in lines)
    assert not any(word in "\n".join(lines) for word in ("p10", "p50", "p90", "z ="))
    return "\n".join(lines), payload


def row(text, begins):
    return next(line for line in text.splitlines() if line.strip().startswith(begins)).split()


def test_a_swing_is_told_as_two_chances():
    text, _ = told(explain_swings)
    assert "If D17 Acme is won, the chance of plan-2027 is 38 %; if it is lost, 21 %." in text
    assert "145 / 45  29 May 2026 !  Jan 2027      3×" in text
    assert "– / 45" in text
    assert "later" in text
    assert "at most ±0.6 points" in " ".join(text.split())


def test_of_the_middle_a_swing_is_an_amount():
    deal = DEAL | {"if_won": 5.22e6, "if_lost": 4.91e6, "swing": 3.1e5, "error": 3e4}
    text, payload = told(explain_swings, swings__of="middle", swings__deals=[deal], aim__amount=None)
    assert "the middle of bookings is 5.22; if it is lost, 4.91" in text
    assert "+0.31" in text
    assert "at most ±0.03" in " ".join(text.split())
    assert way_figure(payload, SCALE) is not None


def test_without_deals_and_where_none_matters():
    assert told(explain_swings, swings__deals=[])[0] == "No single open deal moves the chance of plan-2027"
    assert told(explain_swings, swings__deals=[], swings__open_deals=0)[0] == ""
    text, _ = told(explain_swings, swings__deals=[DEAL | {"error": None}])
    assert "simulation noise unknown" in text


def test_tripwires_are_told_of_the_first_day_that_tells_most():
    text, _ = told(explain_tripwires)
    said = " ".join(text.split())
    assert "By 31 Mar 2027 have 1.4 won, as 58 % of futures do, and it is as likely as not" in said
    assert "below 1.1 the chance of plan-2027 is under 10 %; from 1.9 on it is over 90 %." in said
    assert row(text, "28 Feb 2027") == ["28", "Feb", "2027", "–", "1.1", "–", "0.4–1.2"]
    assert told(explain_tripwires, tripwires__dates=[])[0] == ""
    assert "--amount 6M" in told(explain_tripwires, tripwires__dates=[], aim__amount=None)[0]


def test_a_threshold_is_written_no_finer_than_it_is_known():
    wide = {"by": "2027-03-31", "p10": 0.0, "p50": 1e6, "p90": 2e6, "at": [at(0.5, 1.44e6, wide=2e5)]}
    assert "have 1 won" in told(explain_tripwires, tripwires__dates=[wide])[0]


def test_an_aim_without_a_name_is_named_by_what_it_asks():
    assert "for 4.8 won by 31 Dec 2027" in told(explain_tripwires, aim__target="")[0]


def test_good_years_share():
    text, _ = told(explain_good_years)
    assert "What the futures that reach plan-2027 share" in text
    assert row(text, "D17 Acme is won by 31 Dec 2027")[-4:] == ["81", "%", "49", "%"]
    assert "at least 58 of today's deals are won by 31 Dec 2027" in text
    assert "at least 12 new deals of smb arrive by 30 Apr 2027" in text
    assert "a good market in Q4 2026, among the best third" in text
    assert "Nothing that was looked at sets" in told(explain_good_years, good_years__shared=[])[0]
    assert "the best quarter of futures, by bookings" in told(explain_good_years, good_years__good="best")[0]
    assert told(explain_good_years, good_years__looked_at=0)[0] == ""


def test_terms_are_priced():
    text, _ = told(explain_terms)
    assert row(text, "net 30") == ["net", "30", "118", "0.19", "0.14", "0.06", "0.05"]
    assert row(text, "D17 Acme") == ["D17", "Acme", "0.020", "0.010", "–", "–"]
    assert "CIA" not in text
    assert "which is 3.9" in text
    assert told(explain_terms, terms_priced__terms=[])[0] == ""


@pytest.mark.parametrize("missing", [["swings"], ["tripwires"], ["swings", "tripwires"]])
def test_the_figure_leaves_out_what_is_not_there(missing):
    payload = deepcopy(PAYLOAD)
    for part in missing:
        payload[part] = payload[part] | {"deals": [], "dates": []}
    figure = way_figure(payload, SCALE)
    assert (figure is None) == (len(missing) == 2)
    assert figure is None or len(figure.axes) == 1
    assert len(way_figure(PAYLOAD, SCALE).axes) == 2
