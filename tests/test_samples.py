"""Exports of nine systems in three countries' ways are read as what they say: tests/samples/README.md."""

import shutil
from collections import defaultdict
from datetime import UTC, date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from written import SCENARIO

from simulator.cli import main
from simulator.currency import RateCurve
from simulator.loading import load
from simulator.loading.cells import opened_cells
from simulator.loading.customs import Customs
from simulator.loading.history import read_history
from simulator.loading.outcome_words import stage_means
from simulator.loading.presets import prepared, recognise_system
from simulator.loading.problems import Problems
from simulator.loading.sources import read_table
from simulator.money import minor_digits, parse_amount
from simulator.receivables import UNPAID
from simulator.scenario.tree import Tree

FOLDER = Path(__file__).parent / "samples"
SAMPLES = sorted(FOLDER.glob("*/*.truth.yaml"))
INVOICES = [path for path in SAMPLES if "kind: invoices" in path.read_text("utf-8")]
RECORDS = [path for path in SAMPLES if path not in INVOICES]
LOGS = [path for path in SAMPLES if path.parent.name in ("hubspot_deals", "salesforce_history")]
RATES = dict.fromkeys(("USD", "GBP", "CHF", "RUB"), 0.9)
TEXTS = ("id", "deal", "name", "customer", "stage", "owner", "lost_reason")
DAYS = ("created", "closed", "expected_close", "entered_stage", "entered_at")
MORE = ("amount", "currency", "outcome", "probability")
AS_OF = date(2026, 11, 20)


def name(path):
    return f"{path.parent.name}/{path.name.partition('.')[0]}"


class Sample:
    """One export, as the program reads it, beside what it says in truth."""

    def __init__(self, path):
        self.truth = YAML(typ="safe").load(path)
        self.file = path.parent / self.truth["file"]
        self.table = read_table(self.file)
        self.found = recognise_system(self.table)
        assert self.found is not None and self.found.preset is not None, "not recognised"
        self.ready, columns, _ = prepared(self.table, self.found.preset.name, self.found.kind, {})
        index = {ours: self.ready.column(theirs) for ours, theirs in columns.items()}
        added = {title: at for at, title in enumerate(self.ready.header) if title in (*DAYS, *TEXTS, *MORE)}
        self.problems = Problems()
        customs = Customs(None, None, UTC, RateCurve.of("EUR", RATES), Tree({}, {}))
        self.cells = opened_cells(self.ready, index | added, customs, self.problems)
        self.by_line = defaultdict(list)
        for row in self.cells.rows():
            self.by_line[self.ready.lines[row]].append(row)

    @property
    def rows(self):
        """Each thing of the business: its truth, and the rows that were read of it."""
        return [(truth, self.by_line[truth["line"]]) for truth in self.truth["rows"]]


@pytest.fixture(scope="module")
def read():
    known = {}

    def sample(path):
        if path not in known:
            known[path] = Sample(path)
        return known[path]

    return sample


@pytest.mark.parametrize("path", SAMPLES, ids=name)
def test_the_system_and_its_columns_are_known(read, path):
    sample = read(path)
    truth, found = sample.truth, sample.found
    assert (found.preset.name, found.kind) == (truth["system"], truth["kind"])
    columns, shared = dict(found.columns), truth.get("shared", {})
    said = {ours: theirs for ours, theirs in columns.items() if theirs not in shared}
    optional = {ours: theirs for ours, theirs in truth.get("may", {}).items() if ours in said}
    assert said == truth["columns"] | optional
    assert all(ours in shared[theirs] for ours, theirs in columns.items() if theirs in shared)


@pytest.mark.parametrize("path", SAMPLES, ids=name)
def test_no_row_is_lost_and_none_made_up(read, path):
    sample = read(path)
    told = {truth["line"] for truth in (*sample.truth["rows"], *sample.truth["aside"])}
    assert {line for line in sample.ready.lines if line > sample.truth["header_line"]} == told


@pytest.mark.parametrize("path", RECORDS, ids=name)
def test_each_deal_and_move_says_what_it_says_in_truth(read, path):
    sample = read(path)
    wrong = [
        f"line {truth['line']}: {one}" for truth, rows in sample.rows for one in faults(sample, truth, rows)
    ]
    wrong += [str(problem) for problem in sample.problems.found]
    again = {truth["line"] for truth in sample.truth["aside"] if truth["why"].startswith("no move")}
    lines = {truth["line"] for truth in sample.truth["rows"]} | again
    wrong += [
        f"line {line} is no record, and is used"
        for line, rows in sample.by_line.items()
        if rows and line not in lines
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", LOGS, ids=name)
def test_a_history_has_the_moves_and_no_others(read, path):
    sample = read(path)
    history = read_history([sample.file])
    ends = {len(history.stages): "won", len(history.stages) + 1: "lost"}
    moves = history.moves
    found = [
        (history.deals.id[deal], ends.get(stage) or history.stages[stage], date.fromordinal(day).isoformat())
        for deal, stage, day in zip(moves.deal, moves.stage.tolist(), moves.day.tolist(), strict=True)
    ]
    told = [
        (move["deal"], stage_means(move["stage"]) or move["stage"], move["entered_at"])
        for move in sample.truth.get("moves", sample.truth["rows"])
    ]
    assert sorted(found) == sorted(told)


@pytest.mark.parametrize("path", INVOICES, ids=name)
def test_of_each_invoice_is_open_and_was_paid_what_is_in_truth(read, path, tmp_path):
    sample = read(path)
    scenario = with_invoices(sample, tmp_path)
    still_open, paid = defaultdict(int), defaultdict(list)
    table = scenario.receivables
    known = {truth["id"]: truth for truth in sample.truth["rows"]}
    wrong = []
    for i, identity in enumerate(table.id):
        truth = next((known[one] for one in known if identity == one or identity.startswith(f"{one}/")), None)
        if truth is None:
            wrong.append(f"{identity} is no invoice")
            continue
        amount = int(table.amount_minor[i])
        if table.paid_day[i] == UNPAID:
            still_open[truth["id"]] += amount
        else:
            paid[truth["id"]].append((amount, day(table.paid_day[i])))
        said = (
            str(table.customer[i]),
            table.currencies[table.currency_index[i]],
            day(table.invoice_day[i]),
            day(table.due_day[i]),
        )
        told = (truth["customer"], truth.get("currency", "EUR"), truth["invoice_date"], truth["due_date"])
        wrong += [f"{identity}: {said}, {told} in truth"] if said != told else []
    for identity, truth in known.items():
        minor = {
            key: parse_amount(truth[key], minor_digits(truth.get("currency", "EUR")))
            for key in ("amount", "open")
        }
        account = {
            key: sum(
                parse_amount(one[key], 2)
                for one in sample.truth["aside"]
                if one.get("off") == identity and key in one
            )
            for key in ("takes", "pays")
        }
        minor["open"] -= account["takes"] + account["pays"]
        minor["amount"] -= account["takes"]
        if still_open[identity] != minor["open"]:
            wrong.append(f"{identity}: {still_open[identity]} are open, {minor['open']} in truth")
        if sum(amount for amount, _ in paid[identity]) != minor["amount"] - minor["open"]:
            wrong.append(
                f"{identity}: {paid[identity]} were paid, {minor['amount'] - minor['open']} in truth"
            )
        if "paid_date" in truth and {when for _, when in paid[identity]} != {truth["paid_date"]}:
            wrong.append(f"{identity}: paid on {paid[identity]}, on {truth['paid_date']} in truth")
    assert not wrong, "\n".join(wrong)
    for owed in [one["owed"] for one in sample.truth["aside"] if "owed" in one]:
        assert sum(still_open.values()) == parse_amount(owed, 2), "not what the export itself says in total"
    assert len(scenario.quality.tables["invoices"].fate) == len(sample.ready.rows)
    assert all(scenario.quality.tables["invoices"].fate), "some row has no fate"


def with_invoices(sample, folder):
    """A scenario whose invoices are a sample."""
    shutil.copy(sample.file, folder)
    data = f"{{invoices: {sample.file.name}, systems: {{invoices: {sample.found.preset.name}}}}}"
    text = SCENARIO.replace("{deals: deals.csv}", data).replace("2026-10-31", AS_OF.isoformat())
    text = text.replace("rates: {USD: 0.9}", f"rates: {RATES}".replace("'", ""))
    (folder / "small.yaml").write_text(text, "utf-8")
    return load(folder / "small.yaml")


def day(days):
    return (AS_OF + timedelta(days=int(days))).isoformat()


def faults(sample, truth, rows):
    """Tell what the rows of one line say otherwise than in truth."""
    cells = sample.cells
    if len(rows) != 1:
        yield f"{len(rows)} records, one in truth"
    for row in rows:
        for ours in TEXTS:
            if ours == "lost_reason" and truth.get("outcome") != "lost":
                continue  # an open deal has none, whatever stands there
            if cells.has(ours) and cells.text(row, ours) != truth.get(ours, ""):
                yield f"{ours} {cells.text(row, ours)!r}, {truth.get(ours)!r} in truth"
        for ours in DAYS:
            if "outcome" in truth and ours == ("closed" if truth["outcome"] == "open" else "expected_close"):
                continue  # where it is both, the other one counts
            when = cells.day(row, ours) if cells.has(ours) else None
            if cells.has(ours) and (when and when.isoformat()) != truth.get(ours):
                yield f"{ours} {when}, {truth.get(ours)} in truth"
        if truth.get("outcome") in ("won", "lost") and not cells.day(row, "closed"):
            yield "no day of closing"
        if sample.found.kind == "deals" and status(sample, row) != truth["outcome"]:
            yield f"{status(sample, row)}, {truth['outcome']} in truth"
        yield from money_faults(cells, truth, row)


def money_faults(cells, truth, row):
    money, currency = cells.money(row, needed=False), truth.get("currency")
    expected = parse_amount(truth["amount"], minor_digits(currency or "EUR")) if "amount" in truth else None
    if (money and money[0]) != expected:
        yield f"amount {money}, {expected} in truth"
    if money and currency and money[1] != currency:
        yield f"{money[1]}, {currency} in truth"
    if cells.has("probability") and "probability" in truth:
        value = Fraction(str(cells.number(row, "probability") or 0))
        if Fraction(truth["probability"]) not in (value, value / 100):
            yield f"probability {cells.text(row, 'probability')!r}, {truth['probability']} in truth"


def status(sample, row):
    """Return open, won or lost: by the outcome, else by what the stage is called."""
    said = sample.cells.text(row, "outcome").casefold()
    return said or stage_means(sample.cells.text(row, "stage")) or "open"


@pytest.mark.slow
@pytest.mark.parametrize("path", [FOLDER / "odoo_opportunities" / "de.truth.yaml"], ids=name)
def test_init_counts_deals_and_not_rows(read, path, tmp_path):
    sample = read(path)
    given = (
        "--from",
        sample.file,
        "--no-run",
        "--rate",
        "CHF=1.05",
        "--amount-is",
        "total",
        "--currency",
        "EUR",
    )
    result = CliRunner().invoke(main, ["init", str(tmp_path / "new"), *map(str, given)])
    assert result.exit_code == 0, result.output
    ends = [truth["outcome"] for truth in sample.truth["rows"]]
    counts = ", ".join(f"{ends.count(end)} {end}" for end in ("open", "won", "lost"))
    assert f"Deals: {counts}" in result.output
