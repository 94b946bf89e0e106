"""The numbers on top of the page and of the slide are those of forecast.json, each with an honest word."""

import pytest
from sample_forecast import sample_forecast

from simulator.report.numbers import top_numbers
from simulator.report.results import Results
from simulator.words import complete_periods


def numbers(payload):
    return {number.label: number for number in top_numbers(Results("reports/x", payload, {}))}


@pytest.fixture(scope="module")
def payload():
    return sample_forecast(trials=400, size=8_000.0, already=400_000.0)


def year(payload):
    return next(p for p in complete_periods(payload) if p["name"] == payload["headline_period"])


def with_year(payload, **bookings):
    """Return the forecast with something else in the headline's year."""
    own = year(payload)
    fiscal = [f | bookings if f is own else f for f in payload["fiscal"]]
    return payload | {"fiscal": fiscal}


def told(text):
    return [float(part.replace(",", "")) for part in text.split(" / ")]


def test_they_are_those_of_the_forecast(payload):
    found, own = numbers(payload), year(payload)
    assert list(found) == [
        "low / middle / high", "chance of the plan", "already certain",
        "needed from deals that do not exist yet", "the CRM's number",
    ]  # fmt: skip
    ends = [own["bookings"][q] / 1e3 for q in ("p10", "p50", "p90")]
    assert told(found["low / middle / high"].value) == pytest.approx(
        ends, abs=5.1
    )  # the noise of 400 trials is told in tens
    assert "thousand EUR, bookings of FY2026" in found["low / middle / high"].note
    plan = own["plan"]["bookings"]
    assert found["chance of the plan"].value == f"{5 * round(20 * plan['chance'])} %"
    assert f"the plan is {plan['amount'] / 1e3:.0f}" in found["chance of the plan"].note
    assert found["already certain"].value == "400" and found["already certain"].note == "won by 31 Oct 2026"


def test_what_new_deals_must_bring_is_what_the_plan_lacks_without_them(payload):
    steps = {step["step"]: step["amount"] for step in payload["walk"]}
    steps["deals yet to come"], steps["our average"] = 30_000.0, 450_000.0
    walk = [{"step": name, "amount": amount} for name, amount in steps.items()]
    label = "needed from deals that do not exist yet"
    plan = {"plan": {"bookings": year(payload)["plan"]["bookings"] | {"amount": 470_000.0}}}
    short = numbers(with_year(payload, **plan) | {"walk": walk})[label]
    assert short.value == "50" and short.note == "to reach the plan on average; 30 is expected"
    plan["plan"]["bookings"] |= {"amount": 410_000.0}
    enough = numbers(with_year(payload, **plan) | {"walk": walk})[label]
    assert enough.value == "0" and enough.note.startswith("what exists reaches the plan on average")
    alone = numbers(with_year(payload, **plan) | {"walk": walk, "open_deals_only": True})[label]
    assert alone.note.endswith("they are left out here")
    free = numbers(with_year(payload, plan={}) | {"walk": walk, "targets": []})
    assert label not in free and "chance of the plan" not in free
    assert free["from deals that do not exist yet"].value == "30"


def test_the_crms_number_is_what_is_won_and_its_weighted_pipeline(payload):
    found = numbers(payload | {"weighted_pipeline": 123_456.0})["the CRM's number"]
    assert found.value == "523" and found.note == "400 won, 123 weighted pipeline, whenever it closes"
    walk = [step | {"amount": 0.0} if step["step"] == "already won" else step for step in payload["walk"]]
    alone = numbers(payload | {"weighted_pipeline": 123_456.0, "walk": walk})["the CRM's number"]
    assert alone.value == "123" and alone.note == "its weighted pipeline, whenever it closes"


def test_what_is_added_up_in_a_note_adds_up_as_it_is_printed(payload):
    for cents in range(0, 100_000, 7_777):
        walk = [
            s | {"amount": 400_000.0 + cents} if s["step"] == "already won" else s for s in payload["walk"]
        ]
        found = numbers(payload | {"weighted_pipeline": 98_765.0 + 3 * cents, "walk": walk})[
            "the CRM's number"
        ]
        own, weighted = (float(part.split()[0]) for part in found.note.split(", ")[:2])
        assert own + weighted == pytest.approx(float(found.value))


def test_a_plan_that_is_reached_is_certain(payload):
    plan = year(payload)["plan"]["bookings"] | {"amount": 300_000.0}
    found = numbers(with_year(payload, plan={"bookings": plan}))["chance of the plan"]
    assert found.value == "100 %" and found.note == "the plan of 300 has been reached"


def test_without_a_plan_the_first_target_stands_there(payload):
    target = {
        "name": "half-year", "series": "bookings", "segment": "all", "amount": 500_000.0, "chance": 0.3,
        "low": 0.29, "high": 0.31, "from": "2026-11-01", "until": "2027-04-30",
    }  # fmt: skip
    found = numbers(with_year(payload, plan={}) | {"targets": [target]})
    assert found["chance of half-year"].value == "30 %"
    assert found["chance of half-year"].note == "about 3 in 10; half-year is 500 by 30 Apr 2027"


def test_few_trials_and_certainty_say_so(payload):
    one = next(iter(numbers(sample_forecast(trials=1)).values()))
    assert one.label == "in the only trial" and one.note.endswith("so few tell no chances")
    few = next(iter(numbers(sample_forecast(trials=20)).values()))
    assert few.label == "in 20 trials, mostly" and " to " in few.value
    sure = next(iter(numbers(sample_forecast(trials=400, size=0.0, already=2e6)).values()))
    assert sure.label == "certain" and sure.value == "2.00" and sure.note.endswith("nothing is left open")
    wait = numbers(sample_forecast(trials=400, already=0.0))["already certain"]
    assert wait.value == "0" and wait.note == "nothing of FY2026 is won yet"
