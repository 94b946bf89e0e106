"""The command `compare`, and comparisons that a scenario asks for: what is said, and what is written."""

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner
from written import SCENARIO as WRITTEN
from written import write

from simulator import played, simulation
from simulator.cli import main
from simulator.forecast import Window
from simulator.report.compare import comparison_text
from simulator.report.compare_sentences import brief
from simulator.report.page.scenarios import section
from simulator.report.results import results_of

SCENARIO = WRITTEN.replace("horizon: 12m", "horizon: 4m")
HIDDEN = ("p10", "p50", "p90", "odds factor", "Shapley", "PIT", "CRPS", "Wilson", "σ")
TARGET = "targets: {plan: {series: bookings, amount: 2k, by: FY2026, source: budget}}\n"
SLIP = "slip: segments.smb.close_date.delay += 1m"
ASKS = "compare_with: [other.yaml, {name: slip, set: ['segments.smb.close_date.delay += 1m']}]\n"
OTHER = "extends: small.yaml\nname: other\nsource: a bad guess\nsegments: {smb: {soberness: {odds: 0.5}}}\n"


@pytest.fixture
def home(tmp_path, monkeypatch, unreported):
    """A working folder with a scenario, and another that extends it."""
    write(tmp_path, SCENARIO + "trials: 300\n" + TARGET, other=OTHER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_two_scenarios_side_by_side(home):
    out = invoke("compare", "small.yaml", "other.yaml", "-q").stdout
    assert out.startswith("small against other · as of 31 Oct 2026 · EUR · 300 trials of the same luck\n")
    assert "    segments.smb.soberness.odds  1 → 0.5  (a bad guess)\n" in out
    assert re.search(r"Bookings of FY2026 are on average [\d,]+ less[,;] ", out)
    assert "are exact means and have no error of simulation" in " ".join(out.split())
    assert re.search(r"The chance of plan falls from \d+ % to \d+ %, by \d+ points", out)
    assert "small low" in out and "other low" in out and "differs by" in out
    assert out.endswith("Self-check passed in all 2.\n")
    assert not [word for word in HIDDEN if word in out]
    assert max(map(len, out.splitlines())) <= 100
    assert not (home / "reports").exists()
    assert not (home / "compare.json").exists()


def test_without_exact_means_differences_say_what_the_simulation_leaves_open(home, monkeypatch):
    monkeypatch.setattr(Window, "exact", lambda window, trials: None)
    out = invoke("compare", "small.yaml", "other.yaml", "-q").stdout
    assert re.search(r"Bookings of FY2026 are on average [\d,]+ less \(±\d+\)", out)
    assert "exact means" not in out
    assert re.search(r"as exact: \d+ for other\.", " ".join(out.split()))


def test_cases_deals_and_all_of_them_together(home):
    out = invoke(
        "compare", "small.yaml", "--case", SLIP, "--win", "D1", "--lose", "D2", "--together", "-q"
    ).stdout
    for line in (
        "1 slip",
        "2 D1 is won",
        "3 D2 is lost",
        "4 slip + D1 is won + D2 is lost",
        "where they meet",
    ):
        assert line in out
    assert max(map(len, out.splitlines())) <= 100
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("bookings differ"))
    row = next(line for line in lines[at:] if line.startswith("FY2026"))
    *parts, total = [
        int(x.replace("−", "-").replace(",", "")) for x in re.findall(r"(?<!±)(?<![\w,])[+−]?[\d,]+\b", row)
    ]
    assert sum(parts) == total, row


def test_a_grid_is_one_table(home):
    out = invoke("compare", "small.yaml", "--grid", "segments.smb.soberness.odds=0.5,1,2,3,4", "-q").stdout
    assert "5 others" in out and "soberness.odds = 4" in out
    assert "in place of" not in out
    assert "--format json and --format csv have every series and period." in out


def test_the_same_as_json_and_csv(home):
    found = json.loads(invoke("compare", "small.yaml", "--case", SLIP, "--format", "json", "-q").stdout)
    assert found["schema_version"] == 1
    assert [one["name"] for one in found["others"]] == ["slip"]
    assert found["others"][0]["set"] == ["segments.smb.close_date.delay += 1m"]
    rows = list(
        csv.DictReader(
            io.StringIO(invoke("compare", "small.yaml", "--case", SLIP, "--format", "csv", "-q").stdout)
        )
    )
    mean = found["others"][0]["difference"]["periods"][0]["bookings"]["mean"]
    first = {"of": "difference", "series": "bookings", "cumulative": "0", "statistic": "mean"}
    first |= {"until": found["others"][0]["periods"][0]["end"]}
    same = [row for row in rows if first.items() <= row.items()]
    assert float(same[0]["value"]) == mean
    assert comparison_text(found) == invoke("compare", "small.yaml", "--case", SLIP, "-q").stdout


@pytest.mark.slow
def test_a_run_keeps_what_its_folder_is_compared_with(home):
    invoke("run", "small.yaml", "-q")
    folder = home / "reports" / "small" / "2026-10-31"
    out = invoke("compare", folder, "other.yaml", "--case", SLIP, "-q").stdout
    assert f"Files: {folder}/compare.json" in out
    assert "base" in json.loads((folder / "compare.json").read_text())
    assert (folder / "figures" / "compare.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "figures" / "compare.svg").is_file()
    listed = json.loads((folder / "run.json").read_text())["files"]
    assert {"compare.json", "figures/compare.png", "figures/compare.svg"} <= set(listed)
    base = json.loads((folder / "compare.json").read_text())["base"]
    assert (
        base["totals"]["bookings"]["mean"]
        == json.loads((folder / "forecast.json").read_text())["totals"]["bookings"]["mean"]
    )


@pytest.mark.slow
def test_out_takes_the_files_but_overwrites_nobody_elses(home):
    for _ in range(2):
        invoke("compare", "small.yaml", "--case", SLIP, "--out", "there", "-q")
    assert {p.name for p in (home / "there").rglob("*.*")} == {"compare.json", "compare.png", "compare.svg"}
    (home / "mine").mkdir()
    (home / "mine" / "compare.json").write_text("[1]\n")
    said = invoke("compare", "small.yaml", "--case", SLIP, "--out", "mine", "-q", code=2).output
    assert "would be overwritten" in said
    assert (home / "mine" / "compare.json").read_text() == "[1]\n"


@pytest.mark.slow
def test_a_scenario_asks_to_be_compared_in_every_run(home):
    write(home, SCENARIO + "trials: 300\n" + TARGET + ASKS, other=OTHER)
    out = invoke("run", "small.yaml", "-q").stdout
    folder = home / "reports" / "small" / "2026-10-31"
    payload = json.loads((folder / "compare.json").read_text())
    assert [one["name"] for one in payload["others"]] == ["other", "slip"]
    assert "\n".join(brief(payload)) in out
    # Nothing has an error, so no column asks to be read for one.
    shown = repr(section(results_of(folder)))
    assert "brings more in" in shown and "give or take" not in shown
    assert shown.count("are exact means and have no error") == 1
    assert "Compared on the same luck, average bookings of FY2026" in out
    assert len(out.splitlines()) <= 40
    # The same from what the run has kept, wherever the originals are by now.
    for name in ("small.yaml", "other.yaml", "deals.csv"):
        (home / name).unlink()
    invoke("compare", folder, "-q", "--out", "again")
    assert json.loads((home / "again" / "compare.json").read_text()) == payload
    invoke("run", folder, "-q")
    second = home / "reports" / "small" / "2026-10-31-2"
    assert json.loads((second / "compare.json").read_text()) == payload


@pytest.mark.slow
def test_a_run_that_is_cut_short_while_it_compares_is_finished_to_the_same_bytes(home, monkeypatch, undrawn):
    write(home, SCENARIO + "trials: 300\n" + ASKS, other=OTHER)
    real, blocks, most = played.play_block, [], [10**6]

    def play_block(*arguments):
        if len(blocks) == most[0]:
            raise KeyboardInterrupt
        blocks.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(played, "play_block", play_block)
    monkeypatch.setattr(played, "block_size", lambda plan: 100)
    run = ("run", "small.yaml", "-q", "--summary", "--workers", 1, "--out")
    invoke(*run, "whole")
    most[0] = 2 * len(blocks) - 1  # the last block of the last comparison is left
    assert "--resume" in invoke(*run, "cut", code=130).stderr
    write(home, SCENARIO + "trials: 300\n" + ASKS, other=OTHER.replace("0.5", "0.6"))
    refused = invoke(*run, "cut", "--resume", code=5).stderr
    assert "cannot resume the run in cut: inputs/compare_with/1/scenario.yaml has changed" in refused
    write(home, SCENARIO + "trials: 300\n" + ASKS, other=OTHER)
    most[0] += 1
    invoke(*run, "cut", "--resume")
    for name in ("forecast.json", "compare.json"):
        assert (home / "cut" / name).read_bytes() == (home / "whole" / name).read_bytes()
    assert not (home / "cut" / ".blocks").exists()


def test_short_runs_that_are_long_together_keep_their_blocks(home, monkeypatch, undrawn):
    write(home, SCENARIO + "trials: 300\n" + ASKS, other=OTHER)
    real, limits = simulation.Player, []

    def player(workers, progress, block, shelf, kept):
        limits.append(kept)
        return real(workers, progress, block, shelf, kept)

    monkeypatch.setattr(simulation, "Player", player)
    invoke("run", "small.yaml", "-q", "--workers", 1)
    assert len(limits) > 2 and set(limits) == {simulation.KEPT // len(limits)}
    limits.clear()
    invoke("run", "other.yaml", "-q", "--workers", 1, "--set", "compare_with=null")
    assert limits == [simulation.KEPT]


@pytest.mark.slow
def test_who_extends_a_scenario_that_asks_is_not_compared_with_itself(home):
    write(home, SCENARIO + "trials: 50\n" + ASKS, other=OTHER)
    invoke("run", "other.yaml", "-q")
    payload = json.loads((home / "reports" / "other" / "2026-10-31" / "compare.json").read_text())
    assert [one["name"] for one in payload["others"]] == ["slip"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--case", "slip"], 2, "is no case: write its name, a colon"),
        (["--case", "slip: segments.smx.worth=9"], 3, "did you mean smb?"),
        (["--case", "slip: segmnts.smb.worth=9"], 3, "did you mean segments?"),
        (["--case", "a: seed=1", "--case", "a: seed=2"], 2, "two of what is compared are called a"),
        (["--case", "small: seed=1"], 2, "two of what is compared are called small"),
        (["--win", "D11"], 3, "did you mean D1?"),
        (["--win", "D3"], 3, "D3 is won already"),
        (["--lose", "D1", "--drop", "D1"], 2, "cannot end in two ways"),
        (["--grid", "slip=,"], 2, "is no line of a grid"),
        (["--together"], 2, "needs two cases"),
        ([], 2, "nothing to compare small with"),
        (["nowhere.yaml"], 5, "there is no nowhere.yaml"),
        (["--case", "later: as_of=2026-10-20"], 2, "--as-of 2026-10-20"),
    ],
)
def test_what_cannot_be_compared_is_explained(home, arguments, code, said):
    output = invoke("compare", "small.yaml", *arguments, "-q", code=code).output
    assert said in output
    assert "Traceback" not in output
