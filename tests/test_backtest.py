"""Past forecasts are held against what came by rules that can be checked by hand, and see no future."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from click.testing import CliRunner
from past_company import AMOUNT, FIRST, knows_the_funnel, past, upset

from simulator.backtest import Asked, backtest, began_within, origins, payload
from simulator.backtest.baselines import BASELINES, Given
from simulator.backtest.measures import Measure, Record, measures
from simulator.backtest.origins import Window, disjoint, windows
from simulator.backtest.rows import close_row, row_of
from simulator.backtest.summary import hits
from simulator.backtest.verdict import leaning, main_measure
from simulator.cli import backtest as cli
from simulator.errors import SimulatorError, UsageError
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, History, Moves, PastDeals, PastInvoices
from simulator.hit_rates import LEVELS, Hits, judged
from simulator.report.backtest import backtest_screen
from simulator.report.track import write_track_figures

MONTHS = origins(date(2024, 10, 31), date(2025, 6, 30), "1m")


# ---- origins and windows


def test_origins_step_by_length_and_keep_to_month_ends():
    assert origins(date(2024, 1, 31), date(2024, 4, 30), "1m") == (
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    )  # fmt: skip
    assert origins(date(2011, 10, 24), date(2011, 11, 24), "3d")[-1] == date(2011, 11, 23)
    assert len(origins(date(2011, 10, 24), date(2011, 11, 24), "3d")) == 11
    assert origins(date(2024, 5, 1), date(2024, 5, 1), "1q") == (date(2024, 5, 1),)
    for every in ("1", "0d", "x"):
        with pytest.raises(UsageError):
            origins(date(2024, 5, 1), date(2024, 6, 1), every)
    with pytest.raises(UsageError, match="before the first"):
        origins(date(2024, 5, 2), date(2024, 5, 1), "1d")
    laid = windows(date(2024, 1, 31), ("1q", "7d"))
    assert [(w.horizon, w.days) for w in laid] == [("7d", 7), ("1q", 90)]
    with pytest.raises(UsageError, match="length"):
        windows(date(2024, 1, 31), ("soon",))


def test_disjoint_windows_are_as_many_as_can_be():
    rng = np.random.default_rng(1)
    for _ in range(30):
        starts = rng.integers(0, 30, 6)
        some = tuple(
            Window(date(2024, 1, 1) + timedelta(int(a)), "", date(2024, 1, 2) + timedelta(int(a + n)))
            for a, n in zip(starts, rng.integers(0, 9, 6), strict=True)
        )
        most = max(
            len(chosen) for size in range(7) for chosen in combinations(some, size)
            if all(a.end <= b.origin or b.end <= a.origin for a, b in combinations(chosen, 2))
        )  # fmt: skip
        assert disjoint(some) == most


def test_a_fit_window_leaves_a_log_that_begins_with_it():
    history = past(3, days=400).as_of(FIRST + 380)
    cut = began_within(history, "90d")
    first = history.known - 89
    assert cut.since == first
    assert began_within(history, None) is history and began_within(history, "10y") is history
    kept = [i for i, closed in enumerate(history.deals.closed) if closed >= first]
    assert cut.deals.id == tuple(history.deals.id[i] for i in kept)
    assert (cut.deals.outcome == OPEN).sum() == (history.deals.outcome == OPEN).sum()
    before = cut.moves.day < first
    assert before.any() and len(np.unique(cut.moves.deal[before])) == before.sum()
    for name in cut.deals.id:
        at, then = cut.deals.id.index(name), history.deals.id.index(name)
        after = history.moves.day[history.moves.deal == then] >= first
        mine = cut.moves.day[cut.moves.deal == at]
        assert list(mine[mine >= first]) == list(history.moves.day[history.moves.deal == then][after])
        stages = history.moves.stage[history.moves.deal == then][~after]
        assert list(cut.moves.stage[cut.moves.deal == at][mine < first]) == list(stages[-1:])


# ---- what came


def written(*deals):
    """A history of deals (created, moved, closed, outcome, recorded late by), days from FIRST."""
    moves = []
    for i, (created, moved, closed, outcome, late) in enumerate(deals):
        moves.append((i, 0, created, created))
        if moved is not None:
            moves.append((i, 1, moved, moved))
        if outcome != OPEN:
            moves.append((i, 2 if outcome == WON else 3, closed, closed + late))
    deal, stage, day, recorded = (np.array(x, dtype=np.int64) for x in zip(*moves, strict=True))
    n = len(deals)
    column = lambda k: np.array([d[k] for d in deals])  # noqa: E731 - one line says it
    closed = np.array([NEVER if d[3] == OPEN else d[2] + FIRST for d in deals])
    last = [1 if d[1] is not None else 0 for d in deals]
    return History(
        FIRST + 100, "EUR", ("all",), ("a", "b"),
        PastDeals(
            tuple(f"D{i}" for i in range(n)), np.zeros(n, np.int64), ("",) * n, 100 * 10 ** np.arange(n),
            column(0) + FIRST, closed, column(3), np.array(last), column(0) + FIRST, np.full(n, UNKNOWN),
            np.full(n, -1), ("",) * n, np.arange(n),
        ),
        Moves(
            deal, stage, day + FIRST, recorded + FIRST, np.full(len(deal), -1), np.full(len(deal), UNKNOWN)
        ),
        True, FIRST,
    )  # fmt: skip


def test_what_came_is_counted_by_rule():
    history = written(
        (0, 5, 20, WON, 0),   # open at 10, won at 20
        (0, None, 9, WON, 3),  # won on 9, recorded on 12: news on 11
        (12, None, 18, LOST, 0),  # new after 10
        (1, 2, 40, WON, 0),  # later than 30
        (15, None, 15, WON, 0),  # new and won at once
        (2, 3, 0, OPEN, 0),
    )  # fmt: skip
    record, at = Record(history), FIRST + 10
    came = {(m.quantity, m.source): record.came(m, at, at + 20) for m in measures(record, True)}
    assert came == {
        ("wins", "open"): 2, ("wins", "all"): 3, ("losses", "open"): 0, ("losses", "all"): 1,
        ("bookings", "open"): 1100, ("bookings", "new"): 1000000, ("bookings", "all"): 1001100,
    }  # fmt: skip
    assert record.stock(Measure("wins", "open"), at) == 4
    assert record.stock(Measure("bookings", "open"), at) == 100 + 1000 + 100000 + 10000000
    then = Record(history.as_of(at))
    assert then.stock(Measure("wins", "open"), at) == 4
    assert {m.source for m in measures(record, False)} == {"open"}


def test_what_came_agrees_with_the_snapshots():
    history = past(2, days=300, segments=("x", "y"))
    record = Record(history)
    for at in (FIRST + 60, FIRST + 200):
        then, later = history.as_of(at), history.as_of(at + 45)
        open_then = {then.deals.id[i] for i in np.flatnonzero(then.deals.outcome == OPEN)}
        for segment in ("", "y"):
            won = {
                later.deals.id[i] for i in np.flatnonzero(later.deals.outcome == WON)
                if later.deals.closed[i] > at
                and (not segment or history.segments[later.deals.segment[i]] == "y")
            }  # fmt: skip
            assert record.came(Measure("wins", "all", segment), at, at + 45) == len(won)
            assert record.came(Measure("wins", "open", segment), at, at + 45) == len(won & open_then)
            money = record.came(Measure("bookings", "new", segment), at, at + 45)
            assert money == AMOUNT * len(won - open_then)


# ---- baselines


def given(history, ladder=((0.4, 0.7),)):
    return Given(Record(history), np.array(ladder), 1)


def test_baselines_by_hand():
    history = written(
        (0, None, 30, WON, 0), (0, 10, 50, LOST, 0), (40, 60, 80, WON, 0), (70, None, 0, OPEN, 0),
        (75, 90, 0, OPEN, 0),
    )  # fmt: skip
    now, wins = given(history), Measure("wins", "open")
    money, total = Measure("bookings", "open"), Measure("bookings", "all")
    # Cycles of 30 and 40 days: the open deals close on 105 and 110.
    assert now.cycle == 35
    assert BASELINES["weighted pipeline"](now, wins, 5) == [0.4]
    assert BASELINES["weighted pipeline"](now, money, 10)[0] == pytest.approx(0.4 * 1e5 + 0.7 * 1e6)
    assert BASELINES["weighted pipeline"](now, Measure("losses", "open"), 10) is None
    # Windows of 40 days that end on 100, 90, …, 40; the record begins on day 0.
    assert BASELINES["run rate"](now, total, 40).tolist() == [1e4, 1e4, 1e4, 0, 100, 100, 100]
    assert BASELINES["run rate"](now, total, 202)[0] == pytest.approx(10100 * 2)
    # Cohorts of 30 days: 71–100 (1 deal after 70: D4), 41–70 (D3), 11–40 (D2: won at age 2 windows).
    assert BASELINES["chain ladder"](now, Measure("wins", "all"), 30)[0] == pytest.approx(1.0)
    # Stage b: one won, one lost, after 20 and 40 days; D4 has been there for 10 days.
    drawn = BASELINES["stage table"](now, wins, 30)
    assert set(np.unique(drawn)) <= {0.0, 1.0, 2.0}
    rates = now.rates.within(np.array([1, 1, 0]), np.array([10, 30, 5]), 15, WON)
    assert rates == pytest.approx([0.5, 0.0, 2 / 3 * 0.0])
    assert BASELINES["last year with growth"](now, total, 30) is None
    assert BASELINES["due date"](now, total, 30) is None


def test_baselines_of_invoices_by_hand():
    texts = ("",) * 4
    days = np.array([0, 0, 90, 95]) + FIRST
    table = PastInvoices(
        tuple("abcd"), texts, texts, texts, np.array([1, 2, 4, 8]), np.zeros(4, int), ("EUR",) * 4,
        days, days + 30, np.array([FIRST + 34, NEVER, NEVER, NEVER]), np.full(4, -1),
    )  # fmt: skip
    history = replace(written((0, None, 3, WON, 0)), invoices=table)
    receipts, now = Measure("receipts", "open"), given(history)
    assert BASELINES["due date"](now, receipts, 22) == [2 + 4]
    assert BASELINES["due date and delay"](now, receipts, 22) == [2]
    assert BASELINES["due date and delay"](now, receipts, 24) == [2 + 4]
    assert now.record.stock(receipts, FIRST + 100) == 14
    paid = Record(history)
    assert paid.came(receipts, FIRST + 10, FIRST + 40) == 1
    assert paid.came(Measure("receipts", "all"), FIRST + 33, FIRST + 40) == 1


def test_growth_and_quarters_are_followed():
    # Twice as many deals in the second year; the window a year ago brought what it brought.
    first, second = past(1, days=730, per_day=1.0), past(2, days=365, per_day=1.0)
    shifted = replace(
        second,
        deals=replace(
            second.deals, id=tuple(f"E{i}" for i in range(len(second.deals))),
            created=second.deals.created + 365,
            closed=np.where(second.deals.closed == NEVER, NEVER, second.deals.closed + 365),
        ),
        moves=replace(second.moves, deal=second.moves.deal + len(first.deals), day=second.moves.day + 365,
                      recorded=second.moves.recorded + 365),
    )  # fmt: skip
    deals = type(first.deals)(**{
        name: (a + b if isinstance(a, tuple) else np.concatenate((a, b)))
        for name in ("id", "segment", "customer", "amount", "created", "closed", "outcome", "stage",
                     "entered", "stated", "pushes", "reason", "row")
        for a, b in [(getattr(first.deals, name), getattr(shifted.deals, name))]
    })  # fmt: skip
    moves = Moves(*(
        np.concatenate((getattr(first.moves, n), getattr(shifted.moves, n)))
        for n in ("deal", "stage", "day", "recorded", "amount", "stated")
    ))  # fmt: skip
    now = given(replace(first, deals=deals, moves=moves))
    total = Measure("wins", "all")
    grown = BASELINES["last year with growth"](now, total, 91)[0]
    assert 1.6 < grown / now.record.came(total, now.today - 365, now.today - 365 + 91) < 2.6
    shares = BASELINES["same day of quarter"](now, total, 60)
    assert 3 <= len(shares) <= 8 and shares.min() > 0


# ---- the loop


def run(history, forecaster, **asked):
    return backtest(
        history, forecaster, Asked(**{"origins": MONTHS, "horizons": ("1m",), "trials": 300} | asked)
    )


def told(found):
    """All that was forecast, whatever came."""
    return [
        (row.window, row.measure, row.middle, row.scored.mean, row.scored.intervals,
         [(name, b.mean, b.intervals) for name, b in row.baselines.items()])
        for row in found.rows
    ] + [(row.window, row.segment, row.chance, row.rate) for row in found.deals]  # fmt: skip


@pytest.mark.parametrize("rng", [None, np.random.default_rng(4)], ids=["nothing more", "the reverse"])
def test_what_comes_later_changes_no_forecast(rng):
    origin = (MONTHS[4],)
    history = past(5, days=600, invoices=True)
    other = upset(history, origin[0].toordinal(), rng)
    asked = {"origins": origin, "horizons": ("7d", "1q"), "fit_window": "6m"}
    true, false = run(history, knows_the_funnel(), **asked), run(other, knows_the_funnel(), **asked)
    assert told(true) == told(false)
    assert [r.came for r in true.rows] != [r.came for r in false.rows]

    def peeking(record):
        """Learn the rate of arrivals from what the origin cannot know."""
        return knows_the_funnel(per_month=float((record.deals.outcome == WON).sum()) / 10)

    # Planted: a forecaster that looks at the whole history is seen.
    assert told(run(history, peeking(history), **asked)) != told(run(other, peeking(other), **asked))


def test_workers_change_nothing_and_forecasters_see_the_past_alone():
    seen = []

    def watching(history, origin):
        seen.append((history.known, origin, history.since))
        return knows_the_funnel()(history, origin)

    history = past(6, days=600)
    alone = run(history, watching, origins=MONTHS[:3], fit_window="60d")
    assert [known for known, _, _ in seen] == [origin.toordinal() for origin in MONTHS[:3]]
    assert [since for _, _, since in seen] == [origin.toordinal() - 59 for origin in MONTHS[:3]]
    together = run(history, watching, origins=MONTHS[:3], fit_window="60d", workers=2)
    assert told(alone) == told(together) and alone.rows == together.rows


def test_origins_that_cannot_be_forecast_are_told():
    history, good = past(6, days=640), knows_the_funnel()

    def refusing(history, origin):
        if origin == MONTHS[0]:
            raise SimulatorError("nothing to learn from")
        return good(history, origin)

    found = run(history, refusing, origins=MONTHS[:2])
    assert found.skipped == ((MONTHS[0], "nothing to learn from"),)
    assert {row.window.origin for row in found.rows} == {MONTHS[1]}
    with pytest.raises(UsageError, match="no origin"):
        run(history, refusing, origins=MONTHS[:1])
    with pytest.raises(UsageError, match="known until"):
        run(history, good, origins=(date(2025, 9, 20),))
    with pytest.raises(UsageError, match="before the window"):
        run(history, knows_the_funnel(months=1), horizons=("1q",))
    with pytest.raises(UsageError, match="is as of"):
        run(history, lambda record, origin: good(record, origin - timedelta(1)))


def test_money_and_counts_and_deals_agree():
    history = past(7, days=600, segments=("x", "y"), invoices=True)
    found = run(history, knows_the_funnel(), origins=MONTHS[:2], horizons=("7d", "1m"))
    rows = {(r.window, r.measure): r for r in found.rows}
    for (window, measure), row in rows.items():
        if measure.quantity == "bookings" and measure.source == "open":
            wins = rows[window, replace(measure, quantity="wins")]
            assert row.came == AMOUNT * wins.came
            # The engine's money and the count of another walk: means of 300 trials, five sigma.
            spread = 5 * np.sqrt(2 * wins.scored.mean / 300)
            assert abs(row.scored.mean / AMOUNT - wins.scored.mean) < spread
        deals = [
            d
            for d in found.deals
            if d.window == window and (d.segment == measure.segment or not measure.segment)
        ]
        if measure.quantity == "wins" and measure.source == "open":
            assert sum(d.won for d in deals) == row.came
            assert sum(d.close is not None for d in deals) == row.came
    assert rows[found.rows[0].window, Measure("receipts", "open")].came > 0
    assert not any(m.quantity == "receipts" and m.source == "all" for _, m in rows)


@pytest.mark.slow
def test_hit_rates_are_what_they_must_be():
    """A forecast that knows the company holds; one that believes in no shared luck is caught."""
    quarters = origins(date(2024, 9, 30), date(2026, 3, 31), "1q")
    asked = {"origins": quarters, "horizons": ("1q",), "trials": 120}
    fair, blind = [], []
    for seed in (1, 2):
        fair += run(past(seed, 912, 2.5), knows_the_funnel(per_month=76.1), **asked).rows
        blind += run(past(seed, 912, 2.5, rho=0.2), knows_the_funnel(per_month=76.1), **asked).rows
    sound, caught = hits(fair, 0.8), hits(blind, 0.8)
    # 14 quarters of 7 figures that move together: far from .8 by .15 once in some hundred seeds.
    assert 0.65 < sound.rate < 0.95 and sound.chance > 0.01
    assert caught.rate < 0.6 and caught.chance < 1e-3
    assert "too narrow" in judged(caught)


@pytest.mark.slow
def test_a_calibrated_forecast_is_calibrated_over_many_companies():
    """With 20 companies, 140 quarters: 80 % within 9 points, |z| > 2.7 comes once in 140."""
    quarters = origins(date(2024, 9, 30), date(2026, 3, 31), "1q")
    rows = []
    for seed in range(20):
        rows += run(
            past(seed, 912, 3.0), knows_the_funnel(per_month=91.3), origins=quarters, horizons=("1q",)
        ).rows
    for level, slack in zip(LEVELS, (0.12, 0.09, 0.05), strict=True):
        for measure in (Measure("bookings", "all"), Measure("losses", "open"), Measure("wins", "open")):
            some = [row for row in rows if row.measure == measure]
            assert abs(hits(some, level).rate - level) < slack, (measure, level, hits(some, level))


# ---- what it says


def some_hits(held, count, apart=None):
    row = row_of(
        Window(date(2024, 1, 1), "1m", date(2024, 2, 1)),
        Measure("wins", "all"),
        np.arange(100.0),
        50,
        0.5,
        {},
    )
    rows = [
        replace(
            row, came=50.0 if i < held else 500.0,
            window=Window(date(2024, 1, 1) + timedelta(40 * i), "1m", date(2024, 2, 1) + timedelta(40 * i)),
        )
        for i in range(count)
    ]  # fmt: skip
    return hits(rows, 0.8)


def test_words_say_what_the_counts_prove():
    assert judged(some_hits(14, 18)) == "as they should"
    assert {judged(some_hits(held, 2)) for held in range(3)} == {"so few windows prove little"}
    assert judged(some_hits(5, 6)) == "so few windows prove little"
    assert judged(some_hits(0, 6)).startswith("too narrow")
    assert judged(some_hits(7, 18)).startswith(
        "too narrow; a sound forecast holds so seldom less than 1 in 100"
    )
    assert judged(some_hits(40, 40)) == "wider than they need be"
    fair = some_hits(14, 18)
    assert (fair.held, fair.count, fair.apart, round(fair.low, 2), round(fair.high, 2)) == (
        14,
        18,
        18,
        0.55,
        0.91,
    )


def test_windows_that_overlap_prove_less():
    row = row_of(
        Window(date(2024, 1, 1), "3m", date(2024, 3, 31)), Measure("wins", "all"), np.arange(9.0), 99, 0.5, {}
    )
    rows = [
        replace(row, window=Window(date(2024, 1, 1) + timedelta(i), "3m", date(2024, 3, 31) + timedelta(i)))
        for i in range(30)
    ]
    found = hits(rows, 0.8)
    assert (found.count, found.apart) == (30, 1)
    assert found.chance == pytest.approx(0.2) and found.high_apart > 0.7
    assert leaning(rows, found) == "" and "above" in leaning(rows, replace(found, apart=30))
    assert main_measure([row, replace(row, measure=Measure("bookings", "open"))]).quantity == "bookings"
    assert isinstance(found, Hits)


def test_close_days_are_held_against_their_law_inside_the_window():
    counts = np.array([0, 0, 10, 70, 10, 10])
    assert close_row(counts, 3) == (0, True)
    assert close_row(counts, 5) == (2, False)
    assert close_row(np.zeros(6, int), 3) is None


HIDDEN = ("PIT", "CRPS", "Brier", "p10", "p90", "Winkler", "log score", "censored", "Wilson")


@pytest.mark.slow
def test_the_screen_the_file_and_the_figures(tmp_path):
    history = past(8, days=650, segments=("small [b]", "large"), rho=0.1)
    found = run(history, knows_the_funnel(), horizons=("1m", "1q"), trials=150)
    content = payload(found)
    text = json.dumps(content, allow_nan=False)
    assert content["schema_version"] == 1 and json.loads(text) == content
    assert content["track_record"]["of"] == 2 * len(MONTHS)
    shown = backtest_screen(content, "DIR/")
    assert max(map(len, shown.splitlines())) <= 100
    assert shown.splitlines()[2].startswith("Past 80 % ranges of bookings held ")
    assert not [word for word in HIDDEN if word in shown]
    window = next(w for w in content["windows"] if w["quantity"] == "bookings" and w["segment"] == "all")
    assert window["came"] % 10_000 == 0 and window["intervals"]["80"][1] < 10_000 * 200
    assert sum(content["measures"][0]["places"]) == len(MONTHS)
    written = write_track_figures(content, tmp_path / "figures")
    assert sorted(path.name for path in written) == sorted(
        f"track-{name}.{kind}" for name in ("windows", "places", "deals") for kind in ("svg", "png")
    )
    again = write_track_figures(content, tmp_path / "again")
    assert [a.read_bytes() for a in written] == [b.read_bytes() for b in again]


# ---- the command


def as_files(history, folder):
    """Write a history as an event log and a table of deals."""
    names = (*history.stages, "won", "lost")
    lines = ["deal,stage,entered_at"]
    for deal, stage, day in zip(history.moves.deal, history.moves.stage, history.moves.day, strict=True):
        lines.append(f"{history.deals.id[deal]},{names[stage]},{date.fromordinal(int(day))}")
    (folder / "events.csv").write_text("\n".join(lines) + "\n")
    rows = ["id,stage,amount,created,closed,outcome"]
    for i, deal in enumerate(history.deals.id):
        outcome = ("", "won", "lost")[history.deals.outcome[i]]
        closed = date.fromordinal(int(history.deals.closed[i])) if outcome else ""
        stage = outcome or history.stages[history.deals.stage[i]]
        created = date.fromordinal(int(history.deals.created[i]))
        rows.append(f"{deal},{stage},{history.deals.amount[i] // 100},{created},{closed},{outcome}")
    (folder / "deals.csv").write_text("\n".join(rows) + "\n")
    return [str(folder / "events.csv"), str(folder / "deals.csv")]


def command(files, folder, *more):
    asked = ["--every", "1m", "--horizon", "1m", "--from", "2024-10-31", "--until", "2024-12-31"]
    return CliRunner().invoke(
        cli.command, [*files, *asked, "--trials", "200", "-o", str(folder), "--workers", "1", *more]
    )


def test_the_command_reads_repeats_writes_and_prints(tmp_path, monkeypatch):
    history = past(9, days=500)
    asked = []

    def known(base, horizon, seed):
        asked.append((base, horizon, seed))
        return knows_the_funnel()

    monkeypatch.setattr(cli, "_forecaster", known)
    files = as_files(history, tmp_path)
    done = command(files, tmp_path / "out", "--horizon", "7d", "--fit-window", "12m")
    assert done.exit_code == 0, done.output
    assert asked == [(None, "1m", 1)]
    assert done.output.startswith("Forecast again on 3 past days, 31 Oct 2024 to 31 Dec 2024")
    content = json.loads((tmp_path / "out" / "backtest.json").read_text())
    assert content["fit_window"] == "12m" and len(content["origins"]) == 3
    assert (tmp_path / "out" / "track-places.png").exists()
    direct = run(history, knows_the_funnel(), origins=MONTHS[:3], horizons=("1m", "7d"), trials=200)
    assert [w["came"] for w in content["windows"]] == [
        row.came / (100 if row.measure.is_money else 1) for row in direct.rows
    ]
    monkeypatch.setattr("simulator.report.track.FIGURES", {})
    printed = command(files, tmp_path / "out", "--format", "json", "--until", "2024-10-31")
    assert json.loads(printed.output)["schema_version"] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--every", "often"], "is not a length"),
        (["--horizon", "0d"], "is not a length"),
        (["--fit-window", "long"], "is not a length"),
        (["--until", "2024-01-01"], "before the first"),
        (["--until", "2025-05-01"], "known until"),
    ],
)
def test_what_was_asked_wrongly_is_said(tmp_path, monkeypatch, more, message):
    monkeypatch.setattr(cli, "_forecaster", lambda *_: knows_the_funnel())
    done = command(as_files(past(9, days=400), tmp_path), tmp_path / "out", *more)
    assert isinstance(done.exception, UsageError), done.output
    assert message in str(done.exception)
