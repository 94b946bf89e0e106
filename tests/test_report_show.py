import numpy as np
from factory import make_pipeline, make_receivables, make_scenario, make_segment

from simulator.arrivals import PipelineGeneration
from simulator.distributions import LogNormal
from simulator.expected import expected
from simulator.report.show import assumptions, shown
from simulator.scenario import Assumption
from simulator.words import width


def two_segments(**overrides):
    coming = PipelineGeneration(9, LogNormal.from_median(14_000, 40_000), np.array([1.0, 0, 0]))
    values = {
        "name": "plan",
        "segments": (make_segment(generation=coming), make_segment(name="enterprise")),
        "pipeline": make_pipeline(6, segment=[0, 0, 0, 1, 1, 1], stage=[0, 1, 1, 2, 2, 0], age=20.0,
                                  amount=[50_000_000] * 6, probability=[np.nan, 0.9, *[np.nan] * 4]),
        "receivables": make_receivables(due_day=[5, 20], amount_minor=[30_000_000] * 2),
        "notes": (("W011", "2 stated close dates have passed", 100_000_000), ("W020", "no money here", None)),
        "assumptions": (
            Assumption("segments.smb.close_date.slip", "1.25", "default", "default"),
            Assumption('segments."a.b".worth', "20", "CRM team", "set"),
            Assumption("rates.USD", "0.92", "bank", "set"),
            Assumption("segments.smb.new_pipeline.per_month", "9", "created dates", "estimated"),
        ),
    }  # fmt: skip
    return make_scenario(**values | overrides)


def test_everything_is_shown_once_in_its_order():
    text = shown(two_segments())
    parts = ["plan · as of 31 Oct 2026 · until 31 Oct 2027 · million EUR · 6 open deals",
             "smb: chances and days by stage", "enterprise: chances and days", "set: close chance as stated",
             "smb: what stands in the funnel, million EUR", "What to expect on average, million EUR",
             "Where each figure comes from", "What to look at"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert max(width(line) for line in text.splitlines()) <= 100
    assert text == shown(two_segments())


def test_the_funnel_is_weighted_as_the_crm_does():
    rows = {line.split()[0]: line.split() for line in shown(two_segments()).splitlines() if "▓" in line}
    assert rows["S2"][1:4] == ["2", "1.00", "0.70"], "a deal's own chance of 0.9 beside its stage's 0.5"


def test_averages_are_the_exact_ones():
    scenario = two_segments()
    total = expected(scenario).bookings.sum() / 1e8
    line = next(line for line in shown(scenario).splitlines() if line.startswith("  in all"))
    assert abs(float(line.split()[-2]) - total) <= 0.0051


def test_figures_are_listed_with_their_source_by_segment():
    lines = [" ".join(line.split()) for line in assumptions(two_segments()).splitlines()]
    assert lines == [
        "Where each figure comes from", "figure value source", "rates.USD 0.92 bank", "segments.smb",
        "close_date.slip 1.25 default", "new_pipeline.per_month 9 estimated: created dates",
        'segments."a.b"', "worth 20 CRM team",
    ]  # fmt: skip


def test_suspicions_carry_their_money():
    text = shown(two_segments())
    assert "! 2 stated close dates have passed (1.00) [W011]" in text and "! no money here [W020]" in text
    assert "Nothing looks suspicious." in shown(two_segments(notes=()))


def test_an_empty_scenario_is_shown_too():
    text = shown(make_scenario(description=""))
    assert "0 open deals" in text and "in all" in text


def test_hostile_names_are_harmless():
    segments = make_segment(name="\x07" * 3 + "x" * 200), make_segment(name="日本" * 40)
    text = shown(two_segments(name="\x1b[2J", description="$\\frac{1$ \u202e" * 30, segments=segments))
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    assert max(width(line) for line in text.splitlines()) <= 100
