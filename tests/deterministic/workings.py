"""Work out the months of the deterministic companies day by day and cent by cent, as a spreadsheet would.

Written from docs/model.md and docs/formats.md, with nothing of the program: what is known of a contract (its
signature, its events, its payer's habit) stands below as plain days, and integers are added up. Run as a
script it writes `workings.csv` (each figure with the sentence it comes from), `expected.csv` (its months) and
`years.csv` (the fiscal year of the as-of day) of each company.
"""

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERIES = ("bookings", "billings", "revenue", "receipts", "tax passed on", "outflows", "arr")
COLUMNS = (*SERIES[:6], "deferred revenue", "balance", "arr")


def d(text):
    return date.fromisoformat(text)


def plus(day, days):
    return day + timedelta(days=days)


def months_on(day, months):
    """The same day of the month so many months later, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, month_end(date(year, month + 1, 1)).day))


def month_end(day):
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def nearest(value):
    """Halves go to the even number."""
    return round(Fraction(value))


def taxed(net, rate):
    """Halves are rounded up."""
    return (net * Fraction(rate) * 2 + 1).__floor__() // 2


def split(amount, shares):
    """Every part is rounded down, the last takes the rest."""
    parts = [(amount * Fraction(share) / sum(map(Fraction, shares))).__floor__() for share in shares[:-1]]
    return [*parts, amount - sum(parts)]


def money(minor, currency="EUR"):
    return str(minor) if currency == "JPY" else f"{minor / 100:.2f}"


# ---- due days, from the day of the invoice


def net(days):
    return lambda day: plus(day, days)


def net_then_month_end(days):
    return lambda day: month_end(plus(day, days))


def month_end_plus(days):
    return lambda day: plus(month_end(day), days)


def month_end_in(months):
    return lambda day: month_end(months_on(day.replace(day=1), months))


def on_day(number, months):
    return lambda day: months_on(day.replace(day=1), months).replace(day=number)


AT_ONCE = net(0)
GERMAN_REST = {"2026-12-25", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-06", "2027-05-17"}


def next_working_day(day):
    while day.weekday() > 4 or day.isoformat() in GERMAN_REST:
        day = plus(day, 1)
    return day


def working_day_before(day):
    while day.weekday() > 4:
        day = plus(day, -1)
    return day


def working_day_in_month(day):
    """The next working day, or the one before where that is in another month."""
    following = next_working_day(day)
    return following if following.month == day.month else working_day_before(day)


# ---- payers: when an invoice due on a day is paid


def late(days):
    return lambda due: plus(due, days)


def next_friday(due):
    """Within a week after the due day there is one Friday."""
    return next(plus(due, n) for n in range(1, 8) if plus(due, n).weekday() == 4)


@dataclass
class Company:
    """The figures of one company, `rows` in the order in which they are worked out."""

    name: str
    as_of: date
    end: date
    year: tuple  # of the as-of day: first and last day
    opening: int = 0
    tax_months: int = 1
    tax_day: int = 10
    roll: object = staticmethod(lambda day: day)
    rates: tuple = ()
    without_invoices: bool = False  # what was billed and paid so far is then presumed, no figure of the year
    rows: list = field(default_factory=list)

    def rate(self, currency, day):
        if currency == "EUR":
            return Fraction(1)
        return [rate for code, since, rate in self.rates if code == currency and d(since) <= day][-1]

    def add(self, contract, part, series, day, minor, how, currency="EUR", rate=None, ruled=""):
        """Note an amount; each is converted by itself, to the nearest cent."""
        rate = self.rate(currency, day) if rate is None else rate
        if day <= self.as_of and self.without_invoices and series in ("billings", "receipts"):
            series = "presumed" if series == "billings" else "presumed paid"
        euro = nearest(minor * rate * (100 if currency == "JPY" else 1))
        self.rows.append((contract, part, series, day, minor, currency, rate, euro, how, ruled))

    # ---- what a contract brings

    def booking(self, contract, day, minor, how, currency="EUR"):
        self.add(contract, "", "bookings", day, minor, f"signed {day}: {how}", currency)

    def arr(self, contract, part, day, minor, months, currency="EUR"):
        self.add(contract, part, "arr", day, nearest(Fraction(minor * 12, months)),
                 f"{money(minor, currency)} × 12 ÷ {months}, at signature", currency)  # fmt: skip

    def invoice(self, contract, part, day, minor, tax, due, pays, how, currency="EUR", ruled="yes",
                certain=False, discount=None, dispute=None, roll=None):  # fmt: skip
        """An invoice, its tax and its payment.

        `due` is a rule, `pays` a payer; `discount` is (share, days, whether the late pay by then), `dispute`
        (days, share credited). Discounts and credit notes are shares of the gross amount, rounded down.
        """
        duty = taxed(minor, tax)
        text = f"{how}; with {float(Fraction(tax) * 100):g} % tax {money(minor + duty, currency)}"
        self.add(contract, part, "billings", day, minor, text, currency, ruled=ruled)
        self.pass_on(contract, part, day, duty, currency)
        roll = self.roll if roll is None else roll
        due = due(day) if certain else roll(due(day))
        paid = due if certain else max(pays(due), day)
        text = f"due {due}, paid {paid}"
        gross, less = minor + duty, 0
        if discount and discount[2]:
            paid = min(paid, plus(day, discount[1]))
            text = f"due {due}, paid {paid}, the discount's last day"
        if dispute:
            paid, less = plus(paid, dispute[0]), gross * Fraction(dispute[1]) // 1
            text += f"; contested, paid {paid}, {money(less)} credited"
        if discount and paid <= plus(day, discount[1]):
            off = gross * Fraction(discount[0]) // 1
            text, less = f"{text}; {money(off)} off", less + off
        self.add(contract, part, "receipts", paid, gross - less, text, currency)

    def pass_on(self, contract, part, written, duty, currency="EUR"):
        """Tax of a period of calendar months falls due on a day of the month after it."""
        if duty:
            first = (written.month - 1) // self.tax_months * self.tax_months + 1
            month = months_on(date(written.year, first, 1), self.tax_months)
            day = min(month.replace(day=1) + timedelta(days=self.tax_day - 1), month_end(month))
            self.add(contract, part, "tax passed on", day, duty, f"of the invoice of {written}",
                     currency, self.rate(currency, written))  # fmt: skip

    def performed(self, contract, part, day, minor, how, currency="EUR", signed=None):
        self.add(contract, part, "revenue", day, minor, how, currency, self.rate(currency, signed or day))

    def over_term(self, contract, part, start, months, minor, signed, currency="EUR"):
        """By the end of a day: amount × days served ÷ days of the service, rounded down."""
        stop = months_on(start, months)
        total, before, day = (stop - start).days, 0, start
        while day < stop and day <= self.end:
            last = min(month_end(day), plus(stop, -1), self.end)
            if day <= self.as_of < last:
                last = self.as_of
            served = (last - start).days + 1
            so_far = minor * served // total
            self.performed(contract, part, last, so_far - before,
                           f"{served} of {total} days of {money(minor, currency)} is "
                           f"{money(so_far, currency)}, less {money(before, currency)} so far",
                           currency, signed)  # fmt: skip
            before, day = so_far, plus(last, 1)

    def outflow(self, label, days, minor):
        for day in days:
            self.add(label, "", "outflows", day, minor, "")

    # ---- sums

    def forecast_months(self):
        first = plus(self.as_of, 1)
        while first <= self.end:
            last = min(month_end(first), self.end)
            yield first, last
            first = plus(last, 1)

    def total(self, series, first, last):
        return sum(row[7] for row in self.rows if row[2] == series and first <= row[3] <= last)

    def deferred(self, last):
        """Net billings less revenue, so far, of what has a rule of revenue."""
        net = (row for row in self.rows if row[2] in ("billings", "presumed") and row[9] and row[3] <= last)
        return sum(row[7] for row in net) - self.total("revenue", date.min, last)

    def months(self):
        balance = self.opening
        for first, last in self.forecast_months():
            sums = {series: self.total(series, first, last) for series in SERIES}
            balance += sums["receipts"] - sums["tax passed on"] - sums["outflows"]
            sums |= {"deferred revenue": self.deferred(last), "balance": balance}
            yield {"month": last.isoformat()[:7]} | {name: money(sums[name]) for name in COLUMNS}


def machines():
    c = Company("machines", d("2026-08-31"), d("2027-08-31"), (d("2026-07-01"), d("2027-06-30")),
                opening=50_000_00, roll=next_working_day)  # fmt: skip
    vat, usual = "0.19", late(7)

    def machine(contract, part, signed, minor, due, delivered, **more):
        c.invoice(contract, part, plus(signed, 3), minor, vat, due, usual, "signature + 3 days", **more)
        c.performed(contract, part, delivered, minor, f"delivered {delivered}")

    def spare(contract, signed, minor, due, **more):
        c.booking(contract, signed, minor, more.pop("how", "its stated day"))
        c.invoice(contract, "", plus(signed, 3), minor, vat, due, usual, "signature + 3 days", ruled="",
                  **more)  # fmt: skip

    c.booking("M1", d("2026-09-15"), 100_000_01, "its stated day")
    machine("M1", "", d("2026-09-15"), 100_000_01, net(30), d("2026-10-25"))

    signed = d("2026-10-09")
    c.booking("M2", signed, 100_000_00, "the Friday before its stated Sunday")
    machined, planted, cared = split(100_000_00, (1, 1, 1))
    machine("M2", "machine", signed, machined, net(30), d("2026-11-18"))
    start = d("2026-10-23")
    c.arr("M2", "care", signed, cared, 24)
    for number, part in enumerate(split(cared, (1, 1))):
        day = months_on(plus(start, 3), 12 * number)
        c.invoice("M2", f"care {number + 1}", day, part, "0.07", net(30), usual, "start + 3 days")
    c.over_term("M2", "care", start, 24, cared, signed)
    first, second, third = split(planted, (30, 40, 30))
    c.invoice("M2", "plant 1", d("2026-10-14"), first, vat, net(15), usual, "signature + 5 days")
    c.invoice("M2", "plant 2", d("2027-01-12"), second, vat, net(30), usual, "delivery + 30 + 5 days")
    c.invoice("M2", "plant 3", d("2027-01-02"), third, vat, net(45), usual, "acceptance + 5 days")
    c.performed("M2", "plant", d("2026-12-08"), first + second, "delivered: parts 1 and 2")
    c.performed("M2", "plant", d("2026-12-28"), third, "accepted: part 3")

    c.booking("M3", d("2026-11-03"), 50_000_00, "its stated day")
    machine("M3", "", d("2026-11-03"), 50_000_00, net(30), d("2026-12-13"), discount=("0.02", 10, True))
    spare("M4", d("2026-09-22"), 10_000_00, AT_ONCE, certain=True)
    c.booking("M5", d("2026-12-15"), 40_000_00, "its stated day")
    machine("M5", "", d("2026-12-15"), 40_000_00, on_day(15, 1), d("2027-02-01"))
    spare("M6", d("2027-01-12"), 1_000_00, net_then_month_end(30))
    spare("M7", d("2027-01-12"), 1_000_00, month_end_plus(30))
    spare("M8", d("2027-01-12"), 1_000_00, on_day(15, 1))
    spare("M9", d("2027-01-12"), 1_000_00, AT_ONCE)
    # In 2026 Germany works on 254 of 365 days: each counts 365/254 = 1.437. From 24 to 31 August there are 5,
    # 7.19 days; 3 whole days are left of 10, and 5 in the next stage: 8, which the sixth working day reaches.
    spare("M10", d("2026-09-08"), 2_000_00, month_end_in(1), how="3 + 5 days on: 6 working days of 1.437")
    c.booking("M11", d("2027-02-23"), 5_000_00, "its stated day")
    machine("M11", "", d("2027-02-23"), 5_000_00, net(30), d("2027-04-04"))

    signed = d("2026-07-20")
    c.booking("W1", signed, 90_000_00, "in the table")
    c.invoice("W1", "2", d("2026-10-23"), 36_000_00, vat, net(30), usual, "delivery + 30 + 5 days")
    c.invoice("W1", "3", d("2026-10-13"), 27_000_00, vat, net(45), usual, "acceptance + 5 days")
    c.performed("W1", "", d("2026-09-18"), 63_000_00, "delivered 60 days after signature: parts 1 and 2")
    c.performed("W1", "", d("2026-10-08"), 27_000_00, "accepted: part 3")
    c.booking("W2", d("2025-11-10"), 48_000_00, "in the table")
    c.invoice("W2", "2", d("2026-12-04"), 24_000_00, "0.07", net(30), usual, "start + 3 days + 12 months")
    c.over_term("W2", "", d("2025-12-01"), 24, 48_000_00, d("2025-11-10"))
    c.booking("W3", d("2026-05-10"), 70_000_00, "in the table")
    c.invoice("W3", "", d("2026-09-01"), 70_000_00, vat, net(30), usual,
              "should have been invoiced on 2026-05-13, is not in the file: on the first day")  # fmt: skip
    c.performed("W3", "", d("2026-06-15"), 70_000_00, "delivered")
    c.booking("W4", d("2026-08-25"), 30_000_00, "in the table")
    c.performed("W4", "", d("2026-10-04"), 30_000_00, "delivered 40 days after signature")
    c.booking("W5", d("2026-07-15"), 10_000_00, "in the table")

    for number, day, minor, duty, ruled in (
        ("I1", "2025-12-04", 24_000_00, 1_680_00, "yes"), ("I2", "2026-07-25", 27_000_00, 5_130_00, "yes"),
        ("I3", "2026-08-28", 30_000_00, 5_700_00, "yes"), ("I4", "2026-07-18", 10_000_00, 1_900_00, ""),
        ("I5", "2026-08-11", 5_000_00, 0, ""),
    ):  # fmt: skip
        c.add(number, "", "billings", d(day), minor, "in the table, less its tax", ruled=ruled)
        c.pass_on(number, "", d(day), duty)
    c.add("I1", "", "receipts", d("2026-01-10"), 25_680_00, "in the table")
    c.add("I2", "", "receipts", d("2026-08-16"), 32_130_00, "in the table")
    c.add("I3", "", "receipts", d("2026-10-04"), 35_700_00, "due 2026-09-27 + 7")
    c.add("I4", "", "receipts", d("2026-10-20"), 8_925_00, "due 2026-08-31 + 30 + 20, less 25 % credited")
    c.add("I5", "", "receipts", d("2026-09-17"), 5_000_00, "due 2026-09-10 + 7")

    ends = [month_end(months_on(d("2026-09-01"), n)) for n in range(12)]
    c.outflow("payroll", ends, 20_000_00)
    c.outflow("rent", [d("2026-09-15"), d("2026-12-15"), d("2027-03-15")], 9_000_00)
    c.outflow("lathe", [d("2026-10-20")], 150_000_00)

    # What really came stands in place of what the tables say.
    july, august = (d("2026-07-01"), d("2026-07-31")), (d("2026-08-01"), d("2026-08-31"))
    for series, month, actual in (
        ("bookings", july, 95_000_00), ("billings", july, 40_000_00), ("receipts", august, 30_000_00),
    ):  # fmt: skip
        difference = actual - c.total(series, *month)
        c.add("actuals", "", series, month[0], difference, f"{money(actual)} in the month, not "
              f"{money(actual - difference)}")  # fmt: skip
    return c


def subscriptions():
    steps = (("2020-01-01", "0.90"), ("2027-02-01", "0.95"), ("2027-07-01", "0.80"))
    rates = tuple(("USD", since, Fraction(rate)) for since, rate in steps)
    c = Company("subscriptions", d("2026-10-20"), d("2028-01-31"), (d("2026-04-01"), d("2027-03-31")),
                opening=3_000_00, tax_months=3, tax_day=15, rates=rates)  # fmt: skip
    vat, usual, early = "0.20", late(5), late(-5)

    def flat(contract, signed, start, minor, currency="EUR", pays=usual, part="flat"):
        for number, quarter in enumerate(split(minor, (1, 1, 1, 1))):
            day = months_on(start, 3 * number)
            c.invoice(contract, f"{part} {number + 1}", day, quarter, vat, net(10), pays,
                      f"start {start} + {3 * number} months", currency)  # fmt: skip
        c.over_term(contract, part, start, 12, minor, signed, currency)

    def renewed(contract, signed, old, uplift, currency="EUR", pays=usual):
        minor = nearest(old * (1 + Fraction(uplift)))
        c.booking(contract, signed, minor, f"renewed, {money(old)} + {uplift}", currency)
        flat(contract, signed, signed, minor, currency, pays, "renewed")
        return minor

    signed = d("2026-12-30")
    c.booking("S1", signed, 24_360_00, "its stated day")
    c.arr("S1", "", signed, 24_360_00, 24)
    for number, part in enumerate(split(24_360_00, [1] * 12 + ["1.03"] * 12)):
        c.invoice("S1", str(number + 1), months_on(d("2027-01-02"), number), part, vat, net(30), usual,
                  f"start + 3 days, + {number} months")  # fmt: skip
    c.over_term("S1", "", signed, 24, 24_360_00, signed)

    c.booking("S2", d("2027-01-29"), 7_300_00, "its stated day", "USD")
    c.arr("S2", "", d("2027-01-29"), 7_300_00, 12, "USD")
    flat("S2", d("2027-01-29"), d("2027-02-03"), 7_300_00, "USD")

    c.booking("S3", d("2027-06-18"), 1_000_00, "its stated day", "USD")
    c.invoice("S3", "", d("2027-06-18"), 1_000_00, 0, net(30), usual, "at signature", "USD")
    c.performed("S3", "", d("2027-06-18"), 1_000_00, "delivered at signature", "USD")

    c.booking("S4", d("2026-10-30"), 8_000_00, "its stated day")
    c.arr("S4", "", d("2026-10-30"), 8_000_00, 12)
    flat("S4", d("2026-10-30"), d("2026-11-04"), 8_000_00, pays=early)
    renewed("S4", d("2027-11-14"), 8_000_00, "0.05", pays=early)

    start = d("2027-01-31")
    c.booking("S5", d("2027-01-29"), 6_000_00, "its stated day")
    c.arr("S5", "", d("2027-01-29"), 6_000_00, 6)
    for number, part in enumerate(split(6_000_00, [1] * 6), 1):
        c.invoice("S5", str(number), months_on(start, number), part, vat, net(15), usual,
                  f"start {start} + {number} months")  # fmt: skip
    c.over_term("S5", "", start, 6, 6_000_00, d("2027-01-29"))

    signed, price = d("2027-03-15"), 10_000_01 - 400_00
    c.booking("S6", signed, price, "10,000.01 less 4 %, 400.0004 rounded down")
    c.arr("S6", "", signed, price, 12)
    c.invoice("S6", "", signed, price, vat, AT_ONCE, usual, "in advance", certain=True)
    c.over_term("S6", "", d("2027-03-20"), 12, price, signed)

    c.booking("S7", d("2027-03-01"), 480_00, "500.00 less 4 %")
    c.invoice("S7", "", d("2027-03-01"), 480_00, 0, AT_ONCE, early, "in advance", certain=True)
    c.performed("S7", "", d("2027-03-01"), 480_00, "delivered at signature")

    signed = d("2026-11-16")
    c.booking("S8", signed, 4_015_00, "its stated day")
    c.arr("S8", "flat", signed, 3_650_00, 12)
    flat("S8", signed, d("2026-11-21"), 3_650_00)
    c.invoice("S8", "setup", signed, 365_00, 0, net(10), usual, "at signature")
    c.performed("S8", "setup", signed, 365_00, "delivered at signature")
    renewed("S8", d("2027-12-01"), 3_650_00, "0.05")

    again = renewed("R1", d("2026-12-11"), 12_000_00, "0.10")
    renewed("R1", d("2027-12-21"), again, "0.05")
    renewed("R2", d("2027-03-11"), 7_320_00, "0", "USD")

    c.booking("W1", d("2026-06-13"), 6_000_00, "in the table")
    c.arr("W1", "", d("2026-06-13"), 6_000_00, 6)
    for number in (2, 3, 4):
        c.add("W1", str(number), "presumed", months_on(d("2026-06-15"), number), 1_000_00,
              "invoice I1 covers the first, the file holds open invoices only", ruled="yes")  # fmt: skip
    for number in (5, 6):
        c.invoice("W1", str(number), months_on(d("2026-06-15"), number), 1_000_00, vat, net(15), usual,
                  f"start + {number} months")  # fmt: skip
    c.over_term("W1", "", d("2026-06-15"), 6, 6_000_00, d("2026-06-13"))
    c.booking("W2", d("2026-03-10"), 3_650_00, "in the table", "USD")
    c.arr("W2", "", d("2026-03-10"), 3_650_00, 12, "USD")
    for number in (2, 3):
        c.add("W2", str(number), "presumed", months_on(d("2026-03-15"), 3 * number - 3), 912_50,
              "invoice I2 covers the first, the file holds open invoices only", "USD",
              ruled="yes")  # fmt: skip
    c.invoice("W2", "4", d("2026-12-15"), 912_50, vat, net(10), usual, "start + 9 months", "USD")
    c.over_term("W2", "", d("2026-03-15"), 12, 3_650_00, d("2026-03-10"), "USD")

    c.add("I1", "", "billings", d("2026-10-15"), 1_000_00, "in the table, less its tax", ruled="yes")
    c.pass_on("I1", "", d("2026-10-15"), 200_00)
    c.add("I1", "", "receipts", d("2026-11-04"), 1_200_00, "due 2026-10-30 + 5")
    c.add("I2", "", "billings", d("2026-09-15"), 912_50, "in the table, less its tax", "USD",
          ruled="yes")  # fmt: skip
    c.pass_on("I2", "", d("2026-09-15"), 182_50, "USD")
    c.add("I2", "", "receipts", d("2026-10-23"), 1_095_00, "due 2026-10-18 + 5", "USD")

    c.outflow("hosting", [month_end(months_on(d("2026-10-01"), n)) for n in range(16)], 1_000_00)
    c.outflow("laptops", [d("2026-11-12")], 2_500_00)
    c.outflow("rent", [months_on(d("2026-11-01"), 3 * n) for n in range(4)], 600_00)
    return c


def advisers():
    c = Company("advisers", d("2026-12-31"), d("2027-06-30"), (d("2026-02-01"), d("2027-01-31")),
                opening=5_000_00, tax_months=3, tax_day=31, without_invoices=True)  # fmt: skip
    firms, usual, punctual = "0.10", late(10), late(0)

    def audit(contract, part, signed, minor, tax, pays, **more):
        first, second = split(minor, (1, 1))
        delivered = plus(signed, 30)
        c.invoice(contract, f"{part}1", plus(signed, 3), first, tax, net(10), pays, "signature + 3 days",
                  **more)  # fmt: skip
        c.invoice(contract, f"{part}2", plus(delivered, 3), second, tax, net(30), pays, "delivery + 3 days",
                  **more)  # fmt: skip
        c.performed(contract, part, delivered, minor, "delivered: both parts")

    def advice(contract, part, signed, minor, tax, due, pays):
        c.invoice(contract, part, plus(signed, 3), minor, tax, due, pays, "signature + 3 days")
        c.over_term(contract, part, signed, 6, minor, signed)

    audited, advised = split(10_000_01, ("0.7", "0.3"))
    c.booking("A1", d("2027-01-15"), 10_000_01, "its stated day")
    audit("A1", "audit ", d("2027-01-15"), audited, firms, usual)
    advice("A1", "advice", d("2027-01-15"), advised, firms, net(30), usual)
    c.booking("A2", d("2027-02-10"), 1_200_00, "its stated day")
    advice("A2", "", d("2027-02-10"), 1_200_00, firms, month_end_in(1), next_friday)
    c.booking("A3", d("2027-03-01"), 8_000_00, "its stated day")
    audit("A3", "", d("2027-03-01"), 8_000_00, 0, punctual, dispute=(20, "0.10"))
    c.booking("A4", d("2027-02-01"), 2_000_00, "its stated day")
    advice("A4", "", d("2027-02-01"), 2_000_00, 0, net(30), punctual)
    for contract, day, minor in (("W1", "2026-12-10", 20_000_00), ("W3", "2025-06-02", 5_000_00)):
        c.booking(contract, d(day), minor, "in the table")
        audit(contract, "", d(day), minor, firms, usual)
    c.booking("W2", d("2026-09-01"), 6_000_00, "in the table")
    advice("W2", "", d("2026-09-01"), 6_000_00, firms, net(30), usual)
    c.outflow("salaries", [month_end(date(2027, month, 1)) for month in range(1, 7)], 4_000_00)
    c.outflow("software", [d("2027-03-05")], 1_234_56)
    return c


def corners():
    rates = (("USD", "2020-01-01", Fraction("0.9137")), ("JPY", "2020-01-01", Fraction("0.0061")))
    c = Company("corners", d("2026-03-15"), d("2027-03-15"), (d("2026-01-01"), d("2026-12-31")),
                opening=10_000_00, tax_months=12, tax_day=30, rates=rates)  # fmt: skip
    punctual = late(0)

    def bought(contract, minor, due, pays, currency="EUR", **more):
        """In the shop, ten days after the stated 2 April, at 1.1 times the price."""
        signed, price = d("2026-04-12"), nearest(minor * Fraction("1.1"))
        c.booking(contract, signed, price, f"its stated day + 10, {money(minor)} × 1.1", currency)
        c.invoice(contract, "", plus(signed, 2), price, "0.19", due, pays, "signature + 2 days", currency,
                  roll=working_day_before, **more)  # fmt: skip
        c.performed(contract, "", plus(signed, 3), price, "delivered", currency, signed)

    def billed(contract, part, day, minor, due, how, currency="EUR", ruled="yes"):
        c.invoice(contract, part, day, minor, 0, due, punctual, how, currency, ruled,
                  roll=working_day_in_month)  # fmt: skip

    def rented(contract, part, start, months, minor, signed, currency="EUR"):
        for number, quarter in enumerate(split(minor, [1] * (months // 3)), 1):
            billed(contract, f"{part} {number}", plus(months_on(start, 3 * number), 3), quarter, net(14),
                   f"start {start} + {3 * number} months + 3 days", currency)  # fmt: skip
        c.over_term(contract, part, start, months, minor, signed, currency)

    bought("C1", 1_234_57, net(30), late(7))
    bought("C2", 1_000_01, net(30), late(-25), "USD", discount=("0.02", 10, False), dispute=(3, "0.125"))
    bought("C3", 500_01, net(30), late(7), discount=("0.02", 10, True), dispute=(3, 0))
    bought("C8", 10_00, net(32), late(7))

    signed = d("2026-04-10")
    c.booking("C4", signed, 18_000_00, "its stated day")
    c.arr("C4", "", signed, 18_000_00, 18)
    year, rest = split(18_000_00, (12, 6))
    billed("C4", "1", signed, year, AT_ONCE, "at the start")
    billed("C4", "2", months_on(signed, 12), rest, AT_ONCE, "start + 12 months")
    c.over_term("C4", "", signed, 18, 18_000_00, signed)

    signed = d("2026-05-29")
    c.booking("C5", signed, 1_000_003, "its stated day", "JPY")
    c.arr("C5", "", signed, 1_000_003, 12, "JPY")
    rented("C5", "rent", d("2026-05-31"), 12, 1_000_003, signed, "JPY")

    signed = d("2026-06-30")
    c.booking("C6", signed, 3_333_33, "its stated day", "USD")
    first, second, third = split(3_333_33, (25, 25, 50))
    billed("C6", "1", signed, first, net(30), "at signature", "USD")
    billed("C6", "2", d("2026-08-31"), second, net(30), "delivery on 2026-07-31 + 1 month", "USD")
    billed("C6", "3", d("2026-08-14"), third, net(30), "acceptance", "USD")
    c.performed("C6", "1", d("2026-07-31"), first, "delivered", "USD", signed)
    c.performed("C6", "2", d("2026-07-31"), second, "delivered", "USD", signed)
    c.performed("C6", "3", d("2026-08-14"), third, "accepted", "USD", signed)

    c.booking("C7", d("2026-09-15"), 100_00, "its stated day")
    billed("C7", "", d("2026-09-15"), 100_00, month_end_in(1), "at signature")
    c.performed("C7", "", d("2026-09-18"), 100_00, "delivered")

    signed = d("2026-09-25")
    price = 1_000_00 - 33_33
    c.booking("C9", signed, price, "1,000.00 less 3.333 % by the second offer, the first begins later")
    goods, rent = split(price, (333_33, 666_67))
    for part, minor, lag, delivered in (("goods", goods, 0, 3), ("rent", rent, 3, 0)):
        first, second = split(minor, (1, 1))
        billed("C9", f"{part} 1", plus(signed, lag), first, net(30), f"signature + {lag}")
        billed("C9", f"{part} 2", plus(signed, delivered + lag), second, net(30), f"delivery + {lag}")
    c.performed("C9", "goods", d("2026-09-28"), goods, "delivered")
    c.arr("C9", "rent", signed, rent, 12)
    c.over_term("C9", "rent", signed, 12, rent, signed)

    price = 200_05 - 20_00
    c.booking("C10", d("2026-10-05"), price, "200.05 less 10 %, 20.005 rounded down, by the first offer")
    billed("C10", "", d("2026-10-05"), price, net(60), "at signature")
    c.performed("C10", "", d("2026-10-08"), price, "delivered")

    signed, again = d("2026-04-15"), d("2026-10-15")
    c.booking("C11", signed, 600_00, "its stated day")
    c.arr("C11", "rent", signed, 600_00, 6)
    rented("C11", "rent", signed, 6, 600_00, signed)
    c.booking("C11", again, 615_00, "renewed at its end, 600.00 + 2.5 %")
    rented("C11", "renewed", again, 6, 615_00, again)
    c.booking("R1", d("2026-03-16"), 1_025_00, "overdue, so on the first day: 1,000.00 + 2.5 %")
    rented("R1", "renewed", d("2026-03-16"), 12, 1_025_00, d("2026-03-16"))

    c.booking("V1", d("2026-03-15"), 5_000_00, "in the table")
    billed("V1", "", d("2026-03-16"), 5_000_00, net(30), "was due to be invoiced on 2026-03-15: first day")
    c.performed("V1", "", d("2026-03-18"), 5_000_00, "delivered 3 days after signature")
    c.booking("V2", d("2026-01-10"), 30_000_00, "in the table")
    c.add("J1", "", "billings", d("2026-01-12"), 10_000_00, "in the table", ruled="yes")
    c.add("J1", "", "receipts", d("2026-02-10"), 10_000_00, "in the table")
    billed("V2", "2", d("2026-05-20"), 5_000_00, net(30),
           "delivery + 1 month: 7,500.00 less 2,500.00 that J1 covers beyond part 1")  # fmt: skip
    billed("V2", "3", d("2026-05-04"), 15_000_00, net(30), "acceptance")
    c.performed("V2", "", d("2026-04-20"), 15_000_00, "delivered: parts 1 and 2")
    c.performed("V2", "", d("2026-05-04"), 15_000_00, "accepted 14 days later: part 3")
    c.booking("V3", d("2025-06-02"), 800_00, "in the table")
    c.add("V3", "", "presumed", d("2025-06-02"), 800_00, "settled: the file begins later", ruled="yes")
    c.performed("V3", "", d("2025-06-05"), 800_00, "delivered")
    c.booking("V4", d("2026-02-01"), 1_000_00, "in the table", "USD")
    c.add("J2", "", "billings", d("2026-02-01"), 1_000_00, "in the table", "USD", ruled="yes")
    c.add("J2", "", "receipts", d("2026-03-17"), 1_000_00, "on its due day", "USD")
    c.performed("V4", "", d("2026-02-04"), 1_000_00, "delivered", "USD", d("2026-02-01"))
    c.outflow("power", [plus(d("2026-03-16"), 14 * n) for n in range(27)], 99_99)
    c.add("actuals", "", "bookings", d("2026-03-01"), -1_000_00,
          "4,000.00 in March until the 15th, not 5,000.00")  # fmt: skip
    return c


def main():
    for company in (machines(), subscriptions(), advisers(), corners()):
        head = ("contract", "part", "series", "day", "amount", "currency", "rate", "EUR", "how", "ruled")
        with (HERE / company.name / "workings.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(head)
            for *key, minor, currency, rate, euro, how, ruled in company.rows:
                if key[3] <= company.end:  # what comes later counts nowhere
                    amount = money(minor, currency)
                    table.writerow((*key, amount, currency, float(rate), money(euro), how, ruled))
        with (HERE / company.name / "expected.csv").open("w", encoding="utf-8", newline="") as file:
            months = csv.DictWriter(file, ("month", *COLUMNS), lineterminator="\n")
            months.writeheader()
            months.writerows(company.months())
        with (HERE / company.name / "years.csv").open("w", encoding="utf-8", newline="") as file:
            years = csv.writer(file, lineterminator="\n")
            names = ("bookings", "billings", "revenue", "receipts", "arr")
            years.writerow(("from", "until", *names))
            years.writerow((*company.year, *(money(company.total(n, *company.year)) for n in names)))


if __name__ == "__main__":
    main()
