"""Past runs against what came: run folders of an invented company, scored by hand beside the command."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from simulator import __version__
from simulator.analysis.track import followed as followed_by
from simulator.analysis.track import kept_score, listed, record, record_before
from simulator.analysis.track import scored as scored_by
from simulator.cli import main
from simulator.errors import PlaceError, UsageError
from simulator.hit_rates import counted as worth
from simulator.hit_rates import judged, judgement, most_apart
from simulator.loading import load
from simulator.report.past_runs import followed_screen, list_screen, score_screen
from simulator.runs import Record, past_runs, reserve, write_run
from simulator.simulation import simulate

DAYS = [date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31), date(2025, 6, 30)]
JARGON = ("PIT", "CRPS", "Brier", "p10", "p50", "p90", "quantile", "Monte Carlo")
SCENARIO = """\
version: 1
name: past-firm
source: invented
as_of: {as_of}
horizon: 6m
fiscal_year_start: 1
currency: EUR
data: {{deals: deals.csv, invoices: invoices.csv, plan: plan.csv, won_stages: [Won], lost_stages: [Lost]}}
cash: {{opening_balance: {balance}, outflows: [{{label: pay, from: 2025-01-30, every: 1m, amount: 90000}}]}}
segments:
  small: {{stages: {{Open: {{close: 40%, days: {{median: 40, p90: 90}}}}}}, new_pipeline: {pipeline}}}
  large: {{stages: {{Open: {{close: 40%, days: {{median: 40, p90: 90}}}}}}, new_pipeline: {pipeline}}}
"""
PIPELINE = "{per_month: 3, entry: {Open: 1}, amount: {median: 20k, p90: 40k}}"
BALANCES = dict(zip(DAYS, (50_000, 61_000, 73_000, 90_000), strict=True))


def deals():
    """Yield id, segment, amount, created, stated, closed, won and chance of every deal there will be."""
    for i in range(72):
        created = date(2025, 1, 2) + timedelta(days=(i * 37) % 170)
        closed = created + timedelta(days=20 + (i * 29) % 90)
        stated = closed - timedelta(days=(i * 13) % 50 - 10)
        segment, amount = ("small", "large")[i % 2], 8_000 + 1_000 * ((i * 17) % 31)
        yield f"D{i:02}", segment, amount, created, stated, closed, i % 5 in (0, 2), (0.3, 0.6)[i % 3 == 0]


def export(folder, as_of):
    """Write what a CRM and an accounting system would have exported at the end of a day."""
    folder.mkdir(parents=True)
    rows, sent = (
        [["id,segment,amount,created,entered_stage,expected_close,probability,category,stage,closed"]],
        [],
    )
    for name, segment, amount, created, stated, closed, won, chance in deals():
        if created <= as_of:
            done = closed <= as_of
            end = (("Won" if won else "Lost"), closed) if done else ("Open", "")
            rows.append([name, segment, amount, created, created, stated, chance, "commit", *end])
            paid = closed + timedelta(days=25)
            if done and won:
                known = paid if paid <= as_of else ""
                sent.append([f"I{name}", name, name, amount, closed, closed + timedelta(days=30), known])
    plan = [[f"2025-{m:02}", "bookings", "", 300_000] for m in range(1, 13)]
    for file, lines in (
        ("deals.csv", rows),
        ("invoices.csv", [["id,deal,customer,amount,invoice_date,due_date,paid_date"], *sent]),
        ("plan.csv", [["month,series,segment,amount"], *plan]),
    ):
        (folder / file).write_text("".join(",".join(map(str, line)) + "\n" for line in lines), "utf-8")
    text = SCENARIO.format(as_of=as_of, balance=BALANCES[as_of], pipeline=PIPELINE)
    (folder / "scenario.yaml").write_text(text, "utf-8")
    return folder / "scenario.yaml"


def run(scenario, root, days_later=1, seed=1, trials=200, day=None):
    """Leave the folder of a run that was made some days after its as-of day."""
    resolved = load(scenario, sets=[f"trials={trials}", f"seed={seed}"], as_of=day)
    forecast, as_of = simulate(resolved), resolved.horizon.as_of
    made = datetime(as_of.year, as_of.month, as_of.day, 12, seed, tzinfo=UTC) + timedelta(days=days_later)
    folder = reserve(resolved.name, as_of.isoformat(), root=root)
    try:
        found = Record(forecast.to_json(), [["series"]], [], resolved, {}, made, made)
        write_run(folder, found)
    finally:
        folder.release()
    return folder.path


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The folder of all runs: one on each day, two on the second."""
    base = tmp_path_factory.mktemp("company")
    scenarios = [export(base / "exports" / day.isoformat(), day) for day in DAYS]
    for day, scenario in zip(DAYS, scenarios, strict=True):
        run(scenario, base / "reports")
        if day == DAYS[1]:
            run(scenario, base / "reports", seed=2)
    return base


@pytest.fixture
def runs(company):
    return past_runs("past-firm", company / "reports")


@pytest.fixture(scope="module")
def score(company):
    return scored(past_runs("past-firm", company / "reports"))


def came(first, last, segment=""):
    return sum(
        amount for _, own, amount, _, _, closed, won, _ in deals()
        if won and first <= closed <= last and segment in ("", own)
    )  # fmt: skip


def json_of(company, day, number=1):
    name = day.isoformat() + (f"-{number}" if number > 1 else "")
    return json.loads((company / "reports" / "past-firm" / name / "forecast.json").read_text("utf-8"))


def by_hand(company, kind):
    """Yield as-of day, period and stats of bookings of what had ended by the last as-of day."""
    for day, number in zip(DAYS, (1, 2, 1, 1), strict=True):
        for entry in json_of(company, day, number)[kind]:
            if day.isoformat() < entry["end"] <= DAYS[-1].isoformat():
                yield day, entry, entry["bookings"]


def measure(payload, series, period, segment="all", ahead="all"):
    wanted = series, segment, period, ahead
    keys = ("series", "segment", "period", "ahead")
    (found,) = (m for m in payload["measures"] if tuple(m[k] for k in keys) == wanted)
    return found


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, ["track", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, result.output
    return result.output


def scored(found, actuals=None, until=None):
    return scored_by(record(found, actuals, until))


def counted(found):
    return record(found).counted


def followed(found, *asked, **further):
    return followed_by(record(found), *asked, **further)


# ---- which runs there are


def test_runs_are_listed_and_the_last_of_a_day_counts(runs):
    found = listed(runs)["runs"]
    assert [r["folder"] for r in found] == [
        "2025-03-31", "2025-04-30", "2025-04-30-2", "2025-05-31", "2025-06-30",
    ]  # fmt: skip
    assert [r["folder"] for r in found if not r["counts"]] == ["2025-04-30"]
    assert [r["seed"] for r in found] == [1, 1, 2, 1, 1]
    assert {(r["trials"], r["version"]) for r in found} == {(200, __version__)}
    assert (found[-1]["period"]["name"], found[-1]["plan"]["amount"]) == ("FY2025", 3_600_000)
    screen = list_screen(listed(runs))
    assert "2025-04-30 does not count: a later run of its day counts" in screen


def test_folders_that_hold_no_run_are_named_and_left_out(company, tmp_path, runs):
    home = tmp_path / "reports" / "past-firm"
    for name in ("2025-03-31", "2025-04-30", "2025-05-31"):
        source, target = company / "reports" / "past-firm" / name, home / name
        target.mkdir(parents=True)
        for file in ("run.json", "forecast.json"):
            (target / file).write_bytes((source / file).read_bytes())
    (home / "2025-05-31" / "forecast.json").write_text('{"schema_version": 1, "per', "utf-8")
    (home / "2025-06-30").mkdir()
    (home / "notes").mkdir()
    whole = json.loads((home / "2025-04-30" / "forecast.json").read_text("utf-8"))
    for name, change in (("a", {"periods": 5}), ("b", {"schema_version": 9}), ("c", {"scenario": "another"})):
        (home / name).mkdir()
        record = json.loads((home / "2025-04-30" / "run.json").read_text("utf-8"))
        record["finished"] = "2001-01-01T00:00:00+00:00"
        (home / name / "run.json").write_text(json.dumps(record), "utf-8")
        (home / name / "forecast.json").write_text(json.dumps(whole | change), "utf-8")
    found = past_runs(str(home))
    assert [run.path.name for run in found.runs] == ["2025-03-31", "2025-04-30"]
    assert {out.path.name: out.reason for out in found.left_out} == {
        "2025-05-31": "damaged: its JSON cannot be read",
        "2025-06-30": "it was never finished",
        "notes": "no folder of a run",
        "a": "damaged: fields are missing",
        "b": "of another version of the format",
        "c": "a run of another",
    }
    assert "! notes is left out: no folder of a run" in list_screen(listed(found))
    wrong = [whole["fiscal"][0] | {"plan": {"bookings": 5}}]
    (home / "2025-04-30" / "forecast.json").write_text(json.dumps(whole | {"fiscal": wrong}), "utf-8")
    payload = listed(past_runs(str(home)))
    assert [r["folder"] for r in payload["runs"]] == ["2025-03-31"]
    assert payload["left_out"][-1] == {"folder": "2025-04-30", "reason": "damaged: fields are missing"}
    # Their inputs are gone: what the runs said stands, but nobody tells what came.
    payload = scored(found)
    assert payload["windows"] == []
    assert "nobody tells what came" in payload["verdict"][0] or "nothing had ended" in payload["verdict"][0]


def test_a_run_its_home_its_name_and_the_root_mean_the_same_runs(company, runs, monkeypatch):
    home = company / "reports" / "past-firm"
    for given in (str(home), str(home / "latest"), str(home / "2025-04-30"), str(company / "reports")):
        assert [run.path.name for run in past_runs(given).runs] == [run.path.name for run in runs.runs]
    monkeypatch.chdir(company)
    assert past_runs().scenario == past_runs("past-firm").scenario == "past-firm"
    with pytest.raises(UsageError, match="did you mean past-firm"):
        past_runs("past-frim")
    with pytest.raises(PlaceError, match="there is no folder"):
        past_runs("nowhere/at-all")


def test_of_several_scenarios_the_one_that_was_run_last_is_meant(company, tmp_path, runs):
    for name, year in (("past-firm", 2025), ("2025-01-01", 2024), ("other", 2023)):
        path = copied(counted(runs)[0].path, tmp_path / name / "2025-03-31")
        for file, change in (
            ("forecast.json", {"scenario": name}), ("run.json", {"finished": f"{year}-05-01T00:00:00+00:00"}),
        ):  # fmt: skip
            (path / file).write_text(
                json.dumps(json.loads((path / file).read_text("utf-8")) | change), "utf-8"
            )
    assert past_runs(str(tmp_path)).scenario == "past-firm"
    assert past_runs("2025-01-01", tmp_path).scenario == "2025-01-01"
    assert past_runs(str(tmp_path)).left_out == ()
    # A run that was given a folder of its own beside them is one more.
    copied(tmp_path / "other" / "2025-03-31", tmp_path / "apart")
    assert past_runs(str(tmp_path)).others == ("2025-01-01", "other")
    assert "Other scenarios, with --of NAME: 2025-01-01, other" in list_screen(
        listed(past_runs(str(tmp_path)))
    )


# ---- scores, by hand


def test_hits_bias_and_error_are_those_counted_by_hand(company, score):
    rows = list(by_hand(company, "periods"))
    assert len(rows) == 3 + 2 + 1
    outcomes = [came(date.fromisoformat(e["start"]), date.fromisoformat(e["end"])) for _, e, _ in rows]
    found = measure(score, "bookings", "month")
    assert (found["windows"], found["runs"]) == (6, 3)
    for level, low, high in (("50", "p25", "p75"), ("80", "p10", "p90"), ("95", "p2.5", "p97.5")):
        held = sum(s[low] <= x <= s[high] for (_, _, s), x in zip(rows, outcomes, strict=True))
        assert found["hits"][level]["held"] == held
        assert found["hits"][level]["of"] == 6
        # April, May and June came once each, however many runs spoke of them.
        assert found["hits"][level]["apart"] == 3
    told = [
        w
        for w in score["windows"]
        if (w["series"], w["period"], w["segment"]) == ("bookings", "month", "all")
    ]
    assert [w["came"] for w in told] == outcomes
    assert [w["ranges"]["80"] for w in told] == [[s["p10"], s["p90"]] for _, _, s in rows]
    errors = [s["p50"] - x for (_, _, s), x in zip(rows, outcomes, strict=True)]
    assert found["bias"] == pytest.approx(sum(errors) / 6)
    assert found["error"] == pytest.approx(sum(map(abs, errors)) / 6)
    assert found["bias_share"] == pytest.approx(sum(errors) / sum(outcomes))
    near = [abs(e) for e, (day, entry, _) in zip(errors, rows, strict=True)
            if (date.fromisoformat(entry["end"]) - day).days <= 31]  # fmt: skip
    assert measure(score, "bookings", "month", ahead="up to 1 month")["error"] == pytest.approx(sum(near) / 3)


def test_segments_are_scored_by_month(company, score):
    outcomes, held = [], 0
    for day, number in zip(DAYS, (1, 2, 1, 1), strict=True):
        for entry in json_of(company, day, number)["segments"]["large"]["periods"]:
            if day.isoformat() < entry["end"] <= "2025-06-30":
                first, last = map(date.fromisoformat, (entry["start"], entry["end"]))
                outcomes.append(came(first, last, "large"))
                held += entry["bookings"]["p10"] <= outcomes[-1] <= entry["bookings"]["p90"]
    found = measure(score, "bookings", "month", "large")
    assert found["hits"]["80"]["held"] == held
    assert found["came"] == pytest.approx(sum(outcomes) / 6)


def test_a_period_that_had_begun_counts_with_what_had_come(score):
    rows = [
        w
        for w in score["windows"]
        if (w["series"], w["name"], w["segment"]) == ("bookings", "Q2 FY2025", "all")
    ]
    assert [w["as_of"] for w in rows] == ["2025-03-31", "2025-04-30", "2025-05-31"]
    assert {w["came"] for w in rows} == {came(date(2025, 4, 1), date(2025, 6, 30))}
    assert [w["already"] for w in rows] == [came(date(2025, 4, 1), day) for day in DAYS[:3]]
    assert measure(score, "bookings", "quarter")["hits"]["80"]["apart"] == 1


def test_others_are_what_they_would_have_said(company, score):
    rows = [w for w in score["windows"] if w["series"] == "bookings" and w["segment"] == "all"]
    for row in rows:
        as_of, first, last = (date.fromisoformat(row[k]) for k in ("as_of", "start", "end"))
        dated = sum(
            amount * chance for _, _, amount, created, stated, closed, _, chance in deals()
            if created <= as_of < closed and first <= max(stated, as_of + timedelta(days=1)) <= last
        )  # fmt: skip
        assert row["others"]["reps' dates"] == pytest.approx(row["already"] + dated)
        months = 1 if row["period"] == "month" else 3
        assert row["others"]["plan"] == 300_000 * months
    against = measure(score, "bookings", "quarter")["against"]["reps' dates"]
    own = [w for w in rows if w["period"] == "quarter"]
    off = [abs(w["others"]["reps' dates"] - w["came"]) for w in own]
    mine = [abs(w["middle"] - w["came"]) for w in own]
    assert against["its_error"] == pytest.approx(sum(off) / 3)
    assert against["skill"] == pytest.approx(1 - sum(mine) / sum(off))
    assert against["closer"] == sum(a < b for a, b in zip(mine, off, strict=True))


def test_the_crms_number_and_the_commit_speak_of_the_headlines_period(runs):
    (row,) = followed(runs, "FY2025")["rows"]
    as_of, end = DAYS[3], date(2025, 12, 31)
    standing = [d for d in deals() if d[3] <= as_of < d[5]]
    assert row["already"] == came(date(2025, 1, 1), as_of)
    assert row["others"]["weighted pipeline"] == pytest.approx(
        row["already"] + sum(amount * chance for _, _, amount, *_, chance in standing)
    )
    committed = sum(amount for _, _, amount, _, stated, *_ in standing if stated <= end)
    assert row["others"]["sales commit"] == pytest.approx(row["already"] + committed)
    assert "weighted pipeline" not in followed(runs, "Q3 FY2025")["rows"][0]["others"]


def test_the_balance_is_what_later_runs_began_with(score):
    rows = [w for w in score["windows"] if w["series"] == "balance"]
    assert {(w["end"], w["came"]) for w in rows} == {(d.isoformat(), BALANCES[d]) for d in DAYS[1:]}
    assert len(rows) == 6  # once a day, though a quarter ends in June as well


def test_nothing_that_was_not_known_counts(company, runs, tmp_path):
    early = scored(runs, until=DAYS[2])
    assert {w["end"] for w in early["windows"]} <= {"2025-04-30", "2025-05-31"}
    assert {r["as_of"] for r in early["runs"]} == {d.isoformat() for d in DAYS[:3]}
    for window in early["windows"]:
        assert window["as_of"] < window["end"] <= "2025-05-31"
    # It is what would have been scored on that day, when the last run was not there yet.
    home = tmp_path / "past-firm"
    for path in (run.path for run in runs.runs if run.as_of < DAYS[3]):
        copied(path, home / path.name)
    then = scored(past_runs(str(home)))
    assert then["windows"] == early["windows"]


def copied(source, target):
    for path in source.rglob("*"):
        if path.is_file():
            (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            (target / path.relative_to(source)).write_bytes(path.read_bytes())
    return target


def test_a_run_that_is_made_in_hindsight_is_told(runs, tmp_path, score):
    assert not any("hindsight" in note for note in score["notes"])
    home = tmp_path / "past-firm"
    for found in counted(runs):
        record = copied(found.path, home / found.path.name) / "run.json"
        made = {"finished": f"{found.as_of + timedelta(days=45)}T12:00:00+00:00"}
        record.write_text(json.dumps(found.record | made), "utf-8")
    late = scored(past_runs(str(home)))
    windows = late["windows"]
    count = sum(date.fromisoformat(w["made"]) > date.fromisoformat(w["end"]) for w in windows)
    assert 0 < count < len(windows)
    assert late["notes"][0].startswith(f"{count} of {len(windows)} forecasts were made when")


# ---- what came, from a file


def write(path, *rows):
    path.write_text("month,series,segment,amount\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def test_a_file_of_actual_figures_says_what_came(runs, tmp_path):
    file = write(tmp_path / "a.csv", "2025-04,bookings,,100000", "2025-05,bookings,,120000",
                 "2025-06,bookings,,140000", "2025-04,receipts,small,7000")  # fmt: skip
    payload = scored(runs, file)
    came = {(w["name"], w["series"], w["segment"]): w["came"] for w in payload["windows"]}
    # A company of two segments is not what one of them received.
    assert came == {
        ("2025-04", "bookings", "all"): 100_000, ("2025-05", "bookings", "all"): 120_000,
        ("2025-06", "bookings", "all"): 140_000, ("Q2 FY2025", "bookings", "all"): 360_000,
        ("2025-04", "receipts", "small"): 7_000,
    }  # fmt: skip
    assert payload["until"] == "2025-06-30"
    assert payload["came_from"] == "a.csv"
    assert any(note.startswith("nobody tells what came of") for note in payload["notes"])
    # A quarter of which the file has the end alone: the run knew what had come before.
    file = write(file, "2025-05,bookings,,120000", "2025-06,bookings,,140000")
    quarters = {w["as_of"]: w["came"] for w in scored(runs, file)["windows"] if w["period"] == "quarter"}
    april, both = (json.loads((r.path / "forecast.json").read_text("utf-8")) for r in counted(runs)[1:3])
    assert quarters == {
        "2025-04-30": april["fiscal"][0]["bookings"]["already"] + 260_000,
        "2025-05-31": both["fiscal"][0]["bookings"]["already"] + 140_000,
    }


def test_months_after_the_runs_count_as_well(runs, tmp_path):
    file = write(tmp_path / "a.csv", *(f"2025-{m:02},bookings,,250000" for m in range(4, 10)))
    payload = scored(runs, file)
    assert payload["until"] == "2025-09-30"
    assert measure(payload, "bookings", "month")["windows"] == 6 + 5 + 4 + 3
    assert scored(runs, file, until=DAYS[1])["until"] == "2025-04-30"


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [("2025-04,bokings,,1", 4, "there is no such series"), ("2025-13,bookings,,1", 4, "2025-13"),
     ("2025-04,bookings,tiny,1", 4, "there is no such segment"), ("2025-04,bookings,,x", 4, "not a number")],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(company, tmp_path, row, code, message):
    file = write(tmp_path / "wrong.csv", row)
    output = invoke("score", file, "--of", company / "reports" / "past-firm", code=code)
    assert "wrong.csv, row 1" in output
    assert message in output


def test_a_missing_file_and_an_empty_one_are_refused(company, tmp_path):
    home = company / "reports" / "past-firm"
    assert "there is no" in invoke("score", tmp_path / "none.csv", "--of", home, code=5)
    assert "holds no month" in invoke("score", write(tmp_path / "empty.csv"), "--of", home, code=2)


# ---- a period over time


def test_a_period_is_followed_from_run_to_run(company, runs):
    payload = followed(runs, "q2 fy2025")
    assert [row["as_of"] for row in payload["rows"]] == [d.isoformat() for d in DAYS[:3]]
    assert payload["came"] == came(date(2025, 4, 1), date(2025, 6, 30))
    open_still = followed(runs, "Q3 FY2025")
    assert open_still["came"] is None
    assert len(open_still["rows"]) == 4
    assert "It ends on 30 Sep 2025, and what comes is not known yet." in followed_screen(open_still)
    balance = followed(runs, "2025-06", "balance")
    assert balance["came"] == 90_000
    with pytest.raises(UsageError, match="no run speaks of 'FY2031'"):
        followed(runs, "FY2031")
    with pytest.raises(UsageError, match="no run has a segment 'tiny'"):
        followed(runs, "2025-06", segment="tiny")


# ---- what is said


def test_the_verdict_says_whether_to_trust_the_ranges(score):
    main = [w for w in score["windows"] if w["series"] == "bookings" and w["segment"] == "all"]
    held = sum(w["held"]["80"] for w in main)
    assert f"past 80 % ranges of bookings held {held} of {len(main)} times" in score["verdict"][0]
    assert score["verdict"][1].startswith("They come from 3 runs: 3 windows that share no day with another")


def test_overlapping_windows_count_less():
    month = [(date(2025, m, 1), date(2025, m + 1, 1)) for m in range(1, 7)]
    assert most_apart([*month, *month, (date(2025, 1, 1), date(2025, 7, 1))]) == 6
    assert most_apart([]) == 0
    assert judgement(worth(0.8, 16, 20, 20)) == "sound"
    assert judgement(worth(0.8, 16, 20, 3)) == "too few"
    assert judgement(worth(0.8, 5, 20, 20)) == "too narrow"
    assert judgement(worth(0.8, 40, 40, 40)) == "too wide"
    assert judged(worth(0.8, 16, 20, 3)) == "so few windows prove little"


def test_screens_speak_plainly_and_fit(company, runs, score):
    screens = [list_screen(listed(runs)), score_screen(score), followed_screen(followed(runs))]
    for screen in screens:
        ours = screen.replace(str(company), "")  # how deep the folder lies is not ours
        assert max(map(len, ours.splitlines())) <= 100, screen
        assert not [word for word in JARGON if word in screen]
        assert "None" not in screen and "nan" not in screen


def test_json_csv_and_the_figure(company, tmp_path):
    home = company / "reports" / "past-firm"
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    found = json.loads(invoke("score", "--of", home, "--format", "json", "--figures", tmp_path / "figures"))
    rows = list(csv.DictReader(io.StringIO(invoke("score", "--of", home, "--format", "csv"))))
    assert len(rows) == len(found["windows"])
    assert [float(r["came"]) for r in rows] == [w["came"] for w in found["windows"]]
    assert sum(int(r["held_80"]) for r in rows) == sum(w["held"]["80"] for w in found["windows"])
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == [
        "track-period.png",
        "track-period.svg",
    ]
    assert len(list(csv.DictReader(io.StringIO(invoke("list", "--of", home, "--format", "csv"))))) == 5
    shown = list(csv.DictReader(io.StringIO(invoke("show", "2025-06", "--of", home, "--format", "csv"))))
    assert [r["as_of"] for r in shown] == ["2025-03-31", "2025-04-30", "2025-05-31"]
    # It only prints.
    assert before == {path: path.stat().st_mtime_ns for path in home.rglob("*")}


# ---- little to say


def test_no_runs_one_run_and_nothing_yet(company, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("list", "show", "score"):
        assert "simulator run SCENARIO makes the first" in invoke(command)
        assert json.loads(invoke(command, "--format", "json"))["scenario"] == ""
    copied(
        company / "reports" / "past-firm" / "2025-06-30", tmp_path / "reports" / "past-firm" / "2025-06-30"
    )
    assert "1 run" in invoke("list")
    assert "nothing had ended by 30 Jun 2025; the first period ends on 31 Jul 2025" in " ".join(
        invoke("score").split()
    )
    assert "not known yet" in invoke("show")
    for command in ("show", "score"):
        told = invoke(command, "--as-of", "2025-01-31")
        assert "the newest, 2025-06-30, does not: as of a day after 31 Jan 2025" in told


def test_inputs_that_somebody_changed_are_not_used(runs, tmp_path):
    home = tmp_path / "past-firm"
    for found in counted(runs):
        copied(found.path, home / found.path.name)
    changed = home / "2025-06-30" / "inputs" / "deals.csv"
    changed.write_text(changed.read_text("utf-8").replace("Won", "Lost"), "utf-8")
    payload = scored(past_runs(str(home)))
    # The newest run that is as it was tells what came, so June is not known.
    assert payload["until"] == "2025-05-31"
    assert (
        payload["notes"][-1]
        == "inputs that are gone, changed or refused by this version are not used: 30 Jun 2025"
    )


def test_old_tables_are_told_from_bad_months(company, runs, tmp_path):
    for found in counted(runs)[:3]:
        copied(found.path, tmp_path / "past-firm" / found.path.name)
    run(company / "exports" / "2025-05-31" / "scenario.yaml", tmp_path, day=date(2025, 8, 31))
    (note,) = (n for n in scored(past_runs(str(tmp_path)))["notes"] if "are old" in n)
    assert note.startswith("the newest run knows of no bookings or")
    assert not any("are old" in n for n in scored(runs)["notes"])


def test_few_trials_tell_no_ranges(company, tmp_path):
    for day in DAYS[:2]:
        run(company / "exports" / day.isoformat() / "scenario.yaml", tmp_path, trials=1)
    payload = scored(past_runs(str(tmp_path)))
    assert payload["verdict"] == ["Nothing can be scored: so few trials, of 2 runs, tell no ranges."]
    assert "–" in list_screen(listed(past_runs(str(tmp_path))))


def test_a_run_keeps_what_the_ranges_of_earlier_runs_were_worth(company, runs):
    newest = load(company / "exports" / DAYS[-1].isoformat() / "scenario.yaml")
    kept, whole = kept_score(record_before(runs, newest)), scored(runs)
    assert kept["runs"] == [row for row in whole["runs"] if row["as_of"] < DAYS[-1].isoformat()]
    assert kept["until"] == DAYS[-1].isoformat()
    assert kept["verdict"][:2] == whole["verdict"][:2]
    assert kept["track_record"] == whole["track_record"]
    own = [
        row | {"others": {}}
        for row in whole["windows"]
        if (row["segment"], row["series"]) == ("all", "bookings")
    ]
    assert [row | {"others": {}} for row in kept["windows"]] == own
    assert {row["segment"] for row in kept["measures"]} == {"all"}
    balances = [row for row in kept["measures"] if row["series"] == "balance" and row["ahead"] == "all"]
    assert balances == [row for row in whole["measures"] if row in balances]
    found = kept["track_record"]
    assert found["held"] == sum(row["held"]["80"] for row in kept["windows"])
    assert (found["what"], found["of"]) == ("bookings", len(kept["windows"]))
    assert [found["hits"]["80"][key] for key in ("held", "chance")] == [found["held"], found["chance"]]


def test_where_nothing_has_ended_a_run_keeps_nothing(company, runs):
    first = load(company / "exports" / DAYS[0].isoformat() / "scenario.yaml")
    assert kept_score(record_before(runs, first)) is None


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_run_writes_it_and_is_not_stopped_by_what_stands_there(company, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def ran(day):
        scenario = company / "exports" / day.isoformat() / "scenario.yaml"
        done = CliRunner().invoke(main, ["run", str(scenario), "--trials", "50", "-q", "--workers", "1"])
        assert done.exit_code == 0, done.output
        return tmp_path / "reports" / "past-firm" / day.isoformat()

    first = run(company / "exports" / DAYS[0].isoformat() / "scenario.yaml", tmp_path / "reports", trials=50)
    second = ran(DAYS[1])
    kept = json.loads((second / "track.json").read_text("utf-8"))
    assert [row["as_of"] for row in kept["runs"]] == [DAYS[0].isoformat()]
    assert "track.json" in json.loads((second / "run.json").read_text("utf-8"))["files"]
    (first / "forecast.json").write_text("{", "utf-8")
    (second / "forecast.json").write_text("[]", "utf-8")
    assert not (ran(DAYS[2]) / "track.json").exists()
