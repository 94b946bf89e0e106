"""From files to money: products, lines, wins, invoices, figures, renewals, offers and the bank account."""

from datetime import date
from fractions import Fraction

import pytest
from test_loading import same
from written import SCENARIO, loaded, write

from simulator.cash import TaxCalendar
from simulator.distributions import Fixed, LogNormal
from simulator.errors import InputError
from simulator.figures import COMPANY
from simulator.loading import load
from simulator.loading.cash import dates_of
from simulator.products import WHOLE, Line
from simulator.runs.record import _inputs
from simulator.terms import parse_terms

BIG = """\
name: big
as_of: 2026-10-31
horizon: 18m
currency: EUR
rates: {USD: 0.9, volatility: 8%, source: bank}
data:
  deals: deals.csv
  lines: lines.csv
  invoices: invoices.csv
  actuals: actuals.csv
  plan: plan.csv
  renewals: renewals.csv
  columns: {renewals: {due: Ends}}
cash:
  opening_balance: 350k
  floor: -20k
  outflows:
    - {label: payroll, from: 2026-08-31, every: 1m, amount: 120k}
    - {label: rent, from: 2026-11-15, every: 1q, until: 2027-06-30, amount: 9k}
    - {label: machine, on: 2027-01-20, amount: 40.5k}
  tax: {every: 1q, day: 15}
products:
  licence:
    terms: annual in advance net 30
    recognise: over-term
    service_months: 12
    start: {median: 10, p90: 30}
    recurring: true
    tax: 19%
    renewal: {chance: 0.9, uplift: 3%, slip: {median: 5, p90: 20}}
  services:
    terms: 30% on signature net 15; 40% on delivery net 30; balance on acceptance net 45
    recognise: at-milestone
    invoice_lag: 5
    delivery: {median: 45, p90: 90}
    acceptance: 15
    tax: 0.077
  hardware: {terms: net 30, recognise: at-delivery, delivery: 20}
segments:
  smb:
    stages: {Proposal: {close: 30%, days: {median: 20}}, Contract: {close: 80%, days: {median: 10}}}
    new_pipeline: {per_month: 2, amount: {median: 9k}}
    tax: 0.19
    mix: {licence: 0.6, services: 40%}
    payment:
      default:
        median_late: 7
        insolvency: 1%
        run_days: [tue, Friday]
        dispute: {chance: 5%, delay: {median: 40, p90: 90}, credited: 20%}
      Gold: {table: {0: 0.6, 30: 1}, insolvency: 0.002}
  key:
    stages: {Only: {close: 50%, days: {median: 30}}}
    new_pipeline: none
offers:
  prepay: {discount: 5%, terms: CIA, taken_by: 0.4, segment: key, from: 2026-12-01, applies_to: open}
  early: {discount: 0.025, terms: 2/10 net 30, taken_by: 10%}
targets:
  revenue: {series: revenue, amount: 1M, by: FY2027}
  arr: {series: arr, amount: 100k, until: 2027-12-31}
  bank: {series: balance, amount: -50k, by: 2027-Q2}
"""
DEALS = """\
id,segment,stage,amount,currency,product,closed,delivery,service_start,service_months,customer,class,terms
D1,smb,Proposal,1000,EUR,,,,,,,,
D2,smb,Contract,2000.50,EUR,Licence,,,2027-01-01,24,Acme,Gold,net 10
D3,key,Only,900,USD,,,,2026-12-01,,,,
D4,key,Only,300,EUR,hardware,,2026-12-15,,,,,
W1,smb,Won,500,EUR,licence,2026-05-05,,2026-05-20,,Acme,Gold,
W2,key,Won,1200,EUR,services,2024-03-01,2024-05-01,,,,,
L1,smb,Lost,700,EUR,licence,2026-06-01,,,,,,
"""
LINES = """\
deal,product,amount,start,months
D3,licence,300,2027-02-01,36
D3,services,600,,
W2,services,900,,
W2,hardware,300,,
L1,licence,1,,
"""
INVOICES = """\
id,deal,amount,tax,invoice_date,due_date,paid_date,disputed
R1,W1,595,95,2026-05-08,2026-06-07,2026-06-10,
R2,W2,300,0,2026-09-01,2026-10-01,,yes
R3,X9,50,,2026-10-20,2026-11-19,,no
"""
ACTUALS = """\
month,series,segment,amount
2026-09,billings,,1500.50
2026-09,bookings,smb,700
2026-10-31,balance,all,-2000
"""
PLAN = "month,series,segment,amount\n2026-12,bookings,key,10k\n2026-11,bookings,,25000\n2027-01,revenue,,0\n"
RENEWALS = """\
id,customer,class,segment,product,amount,currency,Ends,chance,uplift
N2,Acme,Gold,smb,licence,500,,2027-05-20,,
N1,,,key,licence,800,USD,2026-12-01,75%,0.1
"""
FILES = {
    "scenario": BIG, "deals": DEALS, "lines": LINES, "invoices": INVOICES, "actuals": ACTUALS, "plan": PLAN,
    "renewals": RENEWALS,
}  # fmt: skip


def written(folder, **changes):
    """Write the big scenario with some of its files changed, and return its path."""
    files = FILES | changes
    for name in ("lines", "actuals", "plan", "renewals", "outflows"):
        if name in files:
            (folder / f"{name}.csv").write_text(files[name], "utf-8")
    return write(folder, files["scenario"], files["deals"], files["invoices"])


def big(folder, **changes):
    return load(written(folder, **changes))


# ---- products, mixes, lines


def test_products_say_how_deals_are_billed(tmp_path):
    licence, services, hardware = big(tmp_path).products
    assert licence.terms == parse_terms("annual in advance net 30") and licence.service_months == 12
    assert (licence.recognise, licence.tax, licence.recurring) == ("over-term", Fraction(19, 100), True)
    assert licence.start == LogNormal.from_median(10, 30) and licence.invoice_lag is None
    assert (licence.renewal.chance, licence.renewal.uplift) == (0.9, 0.03)
    assert licence.renewal.slip == LogNormal.from_median(5, 20)
    assert (services.tax, services.invoice_lag) == (Fraction(77, 1000), 5)
    assert services.acceptance == Fixed(15) and services.renewal is None
    assert (hardware.recognise, hardware.tax, hardware.service_months) == ("at-delivery", None, 0)


def test_terms_that_say_their_length_give_the_months(tmp_path):
    text = "products: {a: {terms: every 1m advance for 24m net 30, recurring: true, renewal: {chance: 1}}}\n"
    assert loaded(tmp_path, SCENARIO + text).products[0].service_months == 24


def test_deals_are_made_of_lines_or_a_product_or_the_mix(tmp_path):
    s = big(tmp_path)
    lines = dict(zip(s.pipeline.id, s.pipeline.lines, strict=True))
    mix = (Line(0, Fraction(3, 5)), Line(1, Fraction(2, 5)))
    assert s.segments[0].mix == mix and s.segments[1].mix == WHOLE
    assert lines["D1"] == mix
    day = s.horizon.day_of
    assert lines["D2"] == (Line(0, Fraction(1), 24, day(date(2027, 1, 1))),)
    assert lines["D3"] == (
        Line(0, Fraction(1, 3), 36, day(date(2027, 2, 1))),
        Line(1, Fraction(2, 3), 0, day(date(2026, 12, 1))),
    )
    assert lines["D4"] == (Line(2, delivery_day=45),)
    assert s.pipeline.extra["product"] == ("", "Licence", "", "hardware")


def test_the_order_of_lines_in_their_table_says_nothing(tmp_path):
    header, *rows = LINES.splitlines()
    turned = "\n".join([header, *rows[::-1]]) + "\n"
    plain, other = big(tmp_path), big(tmp_path, lines=turned)
    assert plain.pipeline.lines == other.pipeline.lines
    assert plain.wins.lines == other.wins.lines


def test_wins_of_every_year_keep_what_their_rest_needs(tmp_path):
    wins = big(tmp_path).wins
    assert wins.id == ("W1", "W2") and wins.day.tolist() == [-179, -974]
    assert (wins.customer, wins.customer_class) == (("Acme", "deal W2"), ("Gold", ""))
    assert wins.lines[0] == (Line(0, start_day=-164),)
    assert wins.lines[1] == (
        Line(1, Fraction(3, 4), delivery_day=-913),
        Line(2, Fraction(1, 4), delivery_day=-913),
    )


def test_without_products_the_column_is_for_people(tmp_path):
    deals = "id,stage,amount,product\nA,Proposal,1,Whatever\n"
    s = loaded(tmp_path, deals=deals)
    assert s.pipeline.lines == (WHOLE,) and s.pipeline.extra["product"] == ("Whatever",)


# ---- segments, offers, rates, targets


def test_segments_tax_and_the_habits_of_payers(tmp_path):
    smb, key = big(tmp_path).segments
    assert (smb.tax, key.tax) == (Fraction(19, 100), 0)
    default, gold = smb.payment["default"], smb.payment["Gold"]
    assert (default.insolvency, gold.insolvency, default.run_days) == (0.01, 0.002, (1, 4))
    assert default.dispute.chance == 0.05 and default.dispute.credited == Fraction(1, 5)
    assert default.dispute.delay == LogNormal.from_median(40, 90) and gold.dispute is None
    assert default.buckets and default.median_late == 7


def test_offers_keep_their_order(tmp_path):
    prepay, early = big(tmp_path).offers
    assert (prepay.name, prepay.discount, prepay.segment) == ("prepay", Fraction(1, 20), 1)
    assert (prepay.first_day, prepay.applies_to, prepay.taken_by) == (31, "open", 0.4)
    assert prepay.terms == parse_terms("CIA")
    assert (early.segment, early.first_day, early.applies_to) == (None, 1, "all")


def test_rates_vary(tmp_path):
    rates = big(tmp_path).rates
    assert rates.volatility == 0.08 and rates.codes == ("EUR", "USD")


def test_targets_of_every_series(tmp_path):
    revenue, arr, bank = big(tmp_path).targets
    assert (revenue.series, arr.series) == ("revenue", "arr")
    assert (bank.series, bank.amount, bank.last_day) == ("balance", -5_000_000, 242)


# ---- tables


def test_invoices_tell_their_tax_and_disputes(tmp_path):
    s = big(tmp_path)
    assert s.receivables.tax_minor.tolist() == [9500, 0, 0]
    assert s.receivables.disputed.tolist() == [False, True, False] and s.disputes_known
    assert s.invoice_segment == (0, 1, -1)
    plain = big(tmp_path, invoices="id,amount,invoice_date,due_date\nR1,5,2026-10-01,2026-10-31\n")
    assert not plain.disputes_known


def test_figures_by_month(tmp_path):
    s = big(tmp_path)
    actuals, plan = s.actuals, s.plan
    assert actuals.series == ("billings", "bookings", "balance")
    assert actuals.segment.tolist() == [COMPANY, 0, COMPANY]
    assert actuals.amount.tolist() == [150050, 70000, -200000]
    assert list(zip(actuals.first_day.tolist(), actuals.last_day.tolist(), strict=True)) == [
        (-60, -31), (-60, -31), (-30, 0),
    ]  # fmt: skip
    assert plan.first_day.tolist() == [1, 31, 62] and plan.amount.tolist() == [2500000, 1000000, 0]
    assert s.plan.total("bookings", 31, 61, 1) == 1000000


def test_renewals_fall_due(tmp_path):
    r = big(tmp_path).renewals
    assert r.id == ("N1", "N2") and r.due_day.tolist() == [31, 201]
    assert (r.customer, r.customer_class) == (("renewal N1", "Acme"), ("", "Gold"))
    assert (r.segment.tolist(), r.product.tolist(), r.amount.tolist()) == ([1, 0], [0, 0], [80000, 50000])
    assert (r.chance.tolist(), r.uplift.tolist(), r.currency) == ([0.75, 0.9], [0.1, 0.03], ("USD", "EUR"))


def test_the_bank_account(tmp_path):
    s = big(tmp_path)
    assert (s.cash.opening_balance, s.cash.floor) == (35_000_000, -2_000_000)
    assert s.cash.tax == TaxCalendar(3, 15) and s.cash.has_balance
    dates = {label: [] for label in ("payroll", "rent", "machine")}
    for outflow in s.cash.outflows:
        dates[outflow.label].append(s.horizon.date_of(outflow.day).isoformat())
    assert dates["payroll"][:5] == ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]
    assert dates["payroll"][-1] == "2028-04-30"
    assert dates["rent"] == ["2026-11-15", "2027-02-15", "2027-05-15"]
    assert dates["machine"] == ["2027-01-20"]
    days = [outflow.day for outflow in s.cash.outflows]
    assert days == sorted(days)


def test_outflows_may_stand_in_a_table(tmp_path):
    a = BIG.index("  outflows:"), BIG.index("  tax: {every")
    scenario = BIG[: a[0]] + "  outflows: outflows.csv\n" + BIG[a[1] :]
    table = """\
label,from,every,until,amount
machine,2027-01-20,,,40.5k
payroll,2026-08-31,1m,,120000
rent,2026-11-15,1q,2027-06-30,9k
"""
    assert same(big(tmp_path, scenario=scenario, outflows=table).cash, big(tmp_path).cash)


@pytest.mark.parametrize(
    ("table", "amount", "marked", "said"),
    [
        ("deals", "1000,EUR", "$1000,", "currencies: {deals: USD}"),
        ("renewals", "500,", "$500,", "currencies: {renewals: USD}"),
        ("plan", "25000", "$25000", "if the company reports in USD, say so: currency: USD in small.yaml"),
        ("lines", "300,2027", "€300,2027", "correct the mark, or write the amount in USD"),
        ("lines", "900", "$900", "if the company reports in USD, say so"),
    ],
)
def test_the_remedy_for_another_mark_names_settings_that_there_are(tmp_path, table, amount, marked, said):
    """Lines are in the currency of their deal, figures in the company's: no setting gives them another."""
    with pytest.raises(InputError) as caught:
        big(tmp_path, **{table: FILES[table].replace(amount, marked)})
    (problem,) = [one for one in caught.value.every if one.code == "D014"]
    assert said in problem.remedy
    assert ("currencies: {" in problem.remedy) == (table in ("deals", "renewals"))


@pytest.mark.parametrize(
    ("first", "step", "days"),
    [
        ("2026-11-30", "1m", ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]),
        ("2026-12-30", "1m", ["2026-12-30", "2027-01-30", "2027-02-28", "2027-03-30"]),
        ("2026-12-28", "2w", ["2026-12-28", "2027-01-11", "2027-01-25"]),
        ("2027-02-28", "1y", ["2027-02-28"]),
        ("2027-02-28", None, ["2027-02-28"]),
    ],
)
def test_steps_keep_the_day_of_the_month(first, step, days):
    found = [day.isoformat() for day in dates_of(date.fromisoformat(first), step, date(2027, 4, 1))]
    assert found[: len(days)] == days


# ---- what a run keeps


@pytest.mark.parametrize("sets", [(), ("products.licence.tax=0.2", "cash.opening_balance+=10k")])
def test_what_a_run_keeps_loads_to_the_same_money(tmp_path, sets):
    folder = tmp_path / "here"
    folder.mkdir()
    a = BIG.index("  outflows:"), BIG.index("  tax: {every")
    scenario = BIG[: a[0]] + "  outflows: outflows.csv\n" + BIG[a[1] :]
    first = load(
        written(folder, scenario=scenario, outflows="label,from,amount\nx,2027-01-20,40.5k\n"), sets=sets
    )
    inputs = tmp_path / "run" / "inputs"
    inputs.mkdir(parents=True)
    for name, content in _inputs(first).items():
        (tmp_path / "run" / name).write_bytes(b"".join(content()))
    second = load(tmp_path / "run")
    assert set(first.tables) == {
        "deals", "lines", "invoices", "actuals", "plan", "renewals", "outflows",
    }  # fmt: skip
    assert {p.name for p in inputs.iterdir()} == {"scenario.yaml", *(f"{t}.csv" for t in first.tables)}
    for field in first.__dataclass_fields__:
        if field != "assumptions":
            assert same(getattr(first, field), getattr(second, field)), field
