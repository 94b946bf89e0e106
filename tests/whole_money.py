"""Random scenarios over the whole of funnel and money, written as files: the same for a seed each time."""

import csv
import io
import itertools
import json
from datetime import date, timedelta

import numpy as np

DAY = timedelta(days=1)
ODD_DAYS = (
    date(2026, 10, 31), date(2026, 12, 31), date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29),
    date(2026, 3, 30), date(2027, 1, 1), date(2026, 6, 30), date(2027, 5, 1), date(2026, 11, 13),
)  # fmt: skip
CURRENCIES = {"EUR": 1.0, "USD": 0.9, "JPY": 0.006, "KWD": 2.9, "GBP": 1.15}
DIGITS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3, "GBP": 2}
EVENTS = ("signature", "delivery", "acceptance", "start")
DUE = (
    "net 30", "net 0", "net 75", "EOM+30d", "EOM+0d", "net 30 then EOM", "EOM+1m", "prox(15,1)", "prox(31,2)",
    "15 MFI", "receipt", "CIA", "2/10 net 30", "3/5 net 14", "12.5/1 net 1", "1/20, net 60", "2/30 EOM+1m",
)  # fmt: skip
HORIZONS = ("9d", "17d", "40d", "10w", "3m", "5m", "8m", "12m", "14m", "20m", "27m")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULES = (None, "at-delivery", "over-term", "at-milestone")


class Dice:
    """Draws of a seed."""

    def __init__(self, *seed):
        self.rng = np.random.default_rng(seed)

    def chance(self, p):
        return bool(self.rng.random() < p)

    def one(self, some):
        return some[int(self.rng.integers(len(some)))]

    def whole(self, low, high):
        """Both ends included."""
        return int(self.rng.integers(low, high + 1))

    def real(self, low, high, digits=3):
        return round(float(self.rng.uniform(low, high)), digits)

    def shares(self, count):
        """Shares in hundredths that add to 1, none of them 0."""
        cuts = sorted(self.rng.choice(np.arange(1, 100), count - 1, replace=False).tolist())
        return [round((b - a) / 100, 2) for a, b in itertools.pairwise((0, *cuts, 100))]


def files_of(*seed):
    """Return the files of a scenario by name, as text; the scenario is `whole.yaml`."""
    return _Whole(Dice(*seed)).files()


class _Whole:
    def __init__(self, dice):
        self.dice = d = dice
        self.as_of = d.one(ODD_DAYS) if d.chance(0.5) else date(2026, 1, 1) + d.whole(0, 900) * DAY
        self.currency = d.one(tuple(CURRENCIES)) if d.chance(0.3) else "EUR"
        self.foreign = [c for c in CURRENCIES if c != self.currency and d.chance(0.4)]
        self.tables = {}
        self.products = {f"P{i}": self.product() for i in range(d.whole(0, 4))}
        self.segments = {name: self.segment() for name in ("a", "b", "c")[: d.one((1, 1, 2, 2, 3))]}

    def files(self):
        d = self.dice
        whole = {
            "name": "whole", "as_of": self.as_of.isoformat(), "horizon": d.one(HORIZONS),
            "currency": self.currency, "period": d.one(("month", "month", "quarter", "week")),
            "seed": d.whole(1, 10**6), "segments": self.segments, "rates": self.rates(),
        }  # fmt: skip
        if d.chance(0.5):
            whole["fiscal_year_start"] = self.fiscal()
        if self.products:
            whole["products"] = self.products
        if d.chance(0.5):
            shared = d.real(0, 0.2)
            whole["market"] = {"shared": shared, "segment": d.real(0, 0.2), "phi": d.one((0, 0.5, 0.9, 1))}
        if d.chance(0.5):
            whole["offers"] = {f"O{i}": self.offer() for i in range(d.whole(1, 3))}
        self.deals()
        if d.chance(0.75):
            self.invoices()
        if self.products and d.chance(0.5):
            self.renewals()
        if d.chance(0.3):
            self.figures("actuals", -6, -2)
        if d.chance(0.3):
            self.figures("plan", 0, 5)
        if d.chance(0.6):
            whole["cash"] = self.cash()
        whole["data"] = {name: f"{name}.csv" for name in self.tables if name != "outflows"}
        texts = {f"{name}.csv": _csv(rows) for name, rows in self.tables.items()}
        return {"whole.yaml": json.dumps(whole, indent=1)} | texts

    # ---- the funnel

    def segment(self):
        d = self.dice
        found = {"stages": self.stages(), "worth": d.one(("exact", 8, 20, 200))}
        if d.chance(0.3):
            found["country"] = d.one(("DE", "US", "FR"))
        if d.chance(0.2):
            found["quarter_end_weight"] = d.real(1, 4)
        found["probability_basis"] = d.one(("snapshot", "entry"))
        if d.chance(0.4):
            found["recycling"] = {"chance": d.real(0, 0.8), "delay": self.days(60)}
        if d.chance(0.6):
            found["close_date"] = {
                "rule": d.one(("blend", "blend", "stages", "stated")), "slip": d.real(0.5, 2),
                "delay": d.one((0, 0, 3, 45)),
            }  # fmt: skip
        if d.chance(0.5):
            found["amount"] = {
                "unchanged": d.real(0, 1), "location": d.real(-0.3, 0.3), "scale": d.real(0, 0.5),
            }  # fmt: skip
        if d.chance(0.5):
            found["soberness"] = {"odds": d.real(0.3, 2), "amount": d.real(0.5, 1.3)}
        found["new_pipeline"] = self.new_pipeline(list(found["stages"]))
        if self.products and d.chance(0.7):
            some = [p for p in self.products if d.chance(0.6)] or list(self.products)[:1]
            found["mix"] = dict(zip(some, d.shares(len(some)), strict=True))
        if d.chance(0.5):
            found["tax"] = d.one((0.19, 0.077, 0.2, 0))
        if d.chance(0.8):
            found["terms"] = {"default": self.terms()} | ({"Gold": self.terms()} if d.chance(0.5) else {})
        if d.chance(0.9):
            found["payment"] = {"default": self.payment()} | (
                {"Gold": self.payment()} if d.chance(0.5) else {}
            )
        if d.chance(0.5):
            found["invoice_lag"] = d.one((0, 1, 10, 40))
        for event in ("delivery", "acceptance"):
            if d.chance(0.5):
                found[event] = self.lag()
        found["roll"] = d.one(("none", "following", "modified-following", "preceding"))
        found["use_probability"] = d.chance(0.4)
        return found

    def stages(self):
        d = self.dice
        size = d.whole(1, 5)
        found = {f"S{i}": {} for i in range(size)}
        if d.chance(0.5):
            steps = d.rng.uniform(0.2, 1, size + 1)
            ladder = np.round(np.cumsum(steps)[:-1] / steps.sum(), 3)
            close = [0.0, *ladder.tolist(), 1.0]
            for i, stage in enumerate(found.values()):
                stage["close"] = low = close[i + 1]
                if i and d.chance(0.5):
                    room = (close[i + 2] - low) / (close[i + 2] - close[i])
                    stage["back"] = round(d.real(0, 0.6) * room, 3)
                if i + 2 < size and d.chance(0.3):
                    stage["skip"] = round(d.real(0, 0.3) * low / close[i + 3], 3)
        else:
            for i, stage in enumerate(found.values()):
                left = d.real(0.5, 1) if d.chance(0.9) else 1.0
                stage["advance"] = round(left * d.real(0.4, 1), 3)
                left -= stage["advance"]
                if i and d.chance(0.5):
                    stage["back"] = round(left * d.real(0, 0.5), 3)
                    left -= stage["back"]
                if i + 2 < size and d.chance(0.3):
                    stage["skip"] = round(left * d.real(0, 0.5), 3)
                    left -= stage["skip"]
                if size > 3 and d.chance(0.2):
                    other = d.one([n for n in range(size) if n not in (i - 1, i, i + 1, i + 2)] or [None])
                    if other is not None:
                        stage["moves"] = {f"S{other}": round(max(left, 0) * d.real(0, 0.4), 3)}
        typical = d.one((3, 12, 40))
        for stage in found.values():
            stage["days"] = self.days(typical)
            if d.chance(0.2):
                stage["days_lost"] = self.days(typical)
        return found

    def days(self, typical):
        """A law of days of about a length."""
        d = self.dice
        t = max(d.real(0.3, 2) * typical, 1)
        return d.one((
            {"median": round(t, 1), "p90": round(t * d.real(1.2, 4), 1)}, {"median": round(t, 1)},
            {"mean": round(t, 1), "sd": round(t * d.real(0.2, 1.5), 1)},
            {"dist": "weibull", "shape": d.real(0.6, 3), "scale": round(t, 1)},
            {"dist": "gamma", "shape": d.real(0.6, 3), "scale": round(t / 2, 1)},
            {"dist": "loglogistic", "median": round(t, 1), "shape": d.real(1.3, 4)},
            {"dist": "fixed", "days": round(t)},
            {"dist": "empirical", "values": [0, round(t / 3), round(t), round(t), round(2 * t)]},
            {"dist": "hazard", "edges": [0, round(t) + 1, round(2 * t) + 2],
             "rates": [round(0.5 / t, 4), round(2 / t, 4), round(1 / t, 4)]},
        ))  # fmt: skip

    def lag(self):
        d = self.dice
        return d.one((0, 1, 20, 90)) if d.chance(0.3) else self.days(d.one((2, 15, 60)))

    def money(self, typical):
        d = self.dice
        t = d.real(0.3, 3) * typical / CURRENCIES[self.currency]
        t = round(t) or 1
        return d.one((
            {"median": t, "p90": round(t * d.real(1.1, 3))}, {"dist": "fixed", "amount": t},
            {"dist": "empirical", "values": [t, 2 * t, round(t / 2)]}, {"mean": t, "sd": round(t / 3)},
        ))  # fmt: skip

    def new_pipeline(self, stages):
        d = self.dice
        if d.chance(0.25):
            return d.one(("none", "estimate"))
        found = {"per_month": d.real(0, 6), "amount": self.money(5_000)}
        if d.chance(0.4):
            found["season"] = {str(d.whole(1, 12)): d.real(0, 3), "7": d.real(0, 2)}
        if d.chance(0.4):
            found["trend"] = d.real(-0.5, 1)
        if d.chance(0.4):
            found["dispersion"] = d.real(0.5, 20)
        if d.chance(0.6):
            found["entry"] = dict(zip(stages, d.shares(len(stages)), strict=True))
        if d.chance(0.4):
            found["bluebirds"] = {"per_month": d.real(0, 3), "amount": self.money(2_000)}
        return found

    # ---- money

    def terms(self, least=1):
        """Terms of any form; recurring ones run for at least so many months."""
        d = self.dice
        kind = d.whole(0, 5)
        if kind <= 1:
            return d.one(DUE)
        if kind == 2:
            every = d.one(("monthly", "quarterly", "annual"))
            return f"{every} in {d.one(('advance', 'arrears'))}" + (f" {d.one(DUE)}" if d.chance(0.7) else "")
        if kind == 3:
            every = d.whole(1, 6)
            length = max(every * d.whole(1, 5) + d.one((0, 0, 1)), least)
            uplift = d.one(("", " uplift 3%", " uplift 12.5%"))
            return f"every {every}m {d.one(('advance', 'arrears'))} for {length}m {d.one(DUE)}{uplift}"
        if kind == 4 and d.chance(0.4):
            return "prepaid" + (f" {d.one(DUE)}" if d.chance(0.5) else "")
        count = d.whole(1, 4)
        parts = [f"{d.one((7, 10, 12.5, 33.3))}% on {self.waits()} {d.one(DUE)}" for _ in range(count - 1)]
        place = d.whole(0, len(parts))
        return "; ".join([*parts[:place], f"balance on {self.waits()} {d.one(DUE)}", *parts[place:]])

    def waits(self):
        d = self.dice
        return d.one(EVENTS) + (d.one(("+5d", "+30d", "+1m", "+12m")) if d.chance(0.3) else "")

    def product(self):
        d = self.dice
        found = {"recognise": d.one(RULES), "recurring": d.chance(0.5)}
        if not found["recognise"]:
            del found["recognise"]
        least = 1
        if found["recurring"] and d.chance(0.7):
            least = 3
            found["renewal"] = {"chance": d.real(0, 1), "uplift": d.one((0, 0.03, -0.1, 0.5))}
            if d.chance(0.6):
                found["renewal"]["slip"] = self.lag()
        if d.chance(0.6):
            found["terms"] = self.terms(least)
        if "renewal" in found or d.chance(0.6):
            found["service_months"] = d.one([m for m in (1, 2, 3, 5, 6, 12, 18, 36) if m >= least])
        if d.chance(0.4):
            found["invoice_lag"] = d.one((0, 2, 35))
        for event in ("delivery", "acceptance", "start"):
            if d.chance(0.5):
                found[event] = self.lag()
        if d.chance(0.5):
            found["tax"] = d.one((0, 0.19, 0.077))
        return found

    def payment(self):
        d = self.dice
        found = {"shared": d.one((0, 0.3, 1)), "recovery": d.one((0, 0.333, 1))}
        if d.chance(0.5):
            found |= {"median_late": d.whole(1, 40), "bad_debt": d.one((0, 0.02, 0.3))}
        elif d.chance(0.6):
            days = sorted(d.rng.choice(np.arange(-30, 90), d.whole(1, 4), replace=False).tolist())
            paid = np.round(np.sort(d.rng.uniform(0.1, 1, len(days))), 3)
            if d.chance(0.5):
                paid[-1] = 1.0
            found["table"] = {str(day): share for day, share in zip(days, paid.tolist(), strict=True)}
        if d.chance(0.5):
            found["discount_taken"] = d.real(0, 1)
        if d.chance(0.4):
            found["dispute"] = {
                "chance": d.real(0, 0.5), "delay": self.lag(), "credited": d.one((0, 0.2, 0.333, 1)),
            }  # fmt: skip
        if d.chance(0.4):
            found["run_days"] = sorted({d.one(WEEKDAYS) for _ in range(d.whole(1, 3))})
        if d.chance(0.4):
            found["insolvency"] = d.one((0.01, 0.2, 0.6))
        return found

    def offer(self):
        d = self.dice
        found = {"discount": d.one((0, 0.05, 0.333)), "terms": self.terms(3), "taken_by": d.real(0, 1)}
        if d.chance(0.5):
            found["segment"] = d.one(list(self.segments))
        if d.chance(0.5):
            found["from"] = (self.as_of + d.whole(-20, 120) * DAY).isoformat()
        found["applies_to"] = d.one(("open", "new", "all"))
        return found

    def cash(self):
        d = self.dice
        found = {"tax": {"every": d.one(("1m", "1q", "1y")), "day": d.one((1, 10, 28, 31))}}
        if d.chance(0.8):
            found |= {"opening_balance": d.whole(-10_000, 500_000), "floor": d.whole(-50_000, 50_000)}
        if d.chance(0.8):
            first = (self.as_of + d.whole(-40, 60) * DAY).isoformat()
            found["outflows"] = [
                {"label": "pay", "from": first, "every": d.one(("1m", "2w", "1q")), "amount": 12_000},
                {"label": "buy", "on": (self.as_of + d.whole(1, 8) * DAY).isoformat(), "amount": 40_500},
            ]
        return found

    def rates(self):
        d = self.dice
        found = {}
        for code in self.foreign:
            rate = CURRENCIES[code] / CURRENCIES[self.currency]
            steps = [
                {"from": (self.as_of + n * DAY).isoformat(), "rate": float(f"{rate * d.real(0.6, 1.6):.5g}")}
                for n in sorted({d.whole(-400, 300) for _ in range(3)})
            ]
            found[code] = steps if d.chance(0.6) else float(f"{rate:.5g}")
        if self.foreign and d.chance(0.5):
            found["volatility"] = d.one((0.05, 0.1, 0.3))
        return found

    def fiscal(self):
        d = self.dice
        if d.chance(0.6):
            return d.whole(1, 12)
        start = date(2026, d.whole(1, 12), d.whole(1, 28))
        return {"calendar": d.one(("4-4-5", "4-5-4", "5-4-4")), "start": start.isoformat()}

    # ---- tables

    def amount(self, code, typical=20_000, least=0):
        """An amount of a currency as text."""
        d = self.dice
        worth = typical * float(np.exp(d.rng.normal(0, 1))) / CURRENCIES[code]
        if d.chance(0.03):
            worth = 0 if d.chance(0.5) else 10.0 ** -DIGITS[code]
        worth = max(worth, least)
        return f"{worth:.{DIGITS[code]}f}"

    def code(self):
        return self.dice.one([self.currency, *self.foreign])

    def on(self, low, high):
        return (self.as_of + self.dice.whole(low, high) * DAY).isoformat()

    def deals(self):
        d = self.dice
        names = ["id", "segment", "stage", "amount", "currency", "created", "entered_stage", "expected_close",
                 "probability", "pushes", "terms", "product", "closed", "delivery", "service_start",
                 "service_months", "customer", "class", "owner"]  # fmt: skip
        self.rows = []
        for i in range(d.whole(1, 24) if d.chance(0.9) else 0):
            row = self.deal(f"D{i:02d}", names)
            row["stage"] = d.one(list(self.segments[row["segment"]]["stages"]))
            row["entered_stage"] = self.on(-90, 0) if d.chance(0.7) else ""
            row["created"] = self.on(-400, -90) if d.chance(0.7) else ""
            row["expected_close"] = self.on(-30, 200) if d.chance(0.6) else ""
            row["probability"] = d.real(0, 1) if d.chance(0.5) else ""
            row["pushes"] = d.whole(0, 4)
            row["delivery"] = self.on(-20, 200) if d.chance(0.2) else ""
            row["service_start"] = self.on(-20, 200) if d.chance(0.2) else ""
        for i in range(d.whole(0, 12)):
            row = self.deal(f"W{i:02d}", names)
            back = d.one((0, 1, 29, 30, 90, 400, 900))
            closed = d.whole(-back, 0)
            row |= {"stage": "Won", "closed": (self.as_of + closed * DAY).isoformat()}
            row["created"] = (self.as_of + (closed - d.whole(1, 90)) * DAY).isoformat()
            row["delivery"] = self.on(closed, 100) if d.chance(0.3) else ""
            row["service_start"] = self.on(closed, 100) if d.chance(0.3) else ""
        for i in range(d.whole(0, 6)):
            row = self.deal(f"L{i:02d}", names)
            closed = d.whole(-300, 0)
            row |= {"stage": "Lost", "closed": (self.as_of + closed * DAY).isoformat()}
            row["created"] = (self.as_of + (closed - d.whole(1, 90)) * DAY).isoformat()
        self.tables["deals"] = [names, *([row[n] for n in names] for row in self.rows)]
        lines = [
            [row["id"], product, self.amount(row["currency"], least=1),
             self.on(-20, 100) if d.chance(0.2) else "", d.one((3, 6, 13, 24)) if d.chance(0.4) else ""]
            for row in self.rows
            if self.products and d.chance(0.3)
            for product in {d.one(list(self.products)): 0 for _ in range(d.whole(1, 3))}
        ]  # fmt: skip
        if lines:
            self.tables["lines"] = [["deal", "product", "amount", "start", "months"], *lines]

    def deal(self, name, names):
        d = self.dice
        row = dict.fromkeys(names, "")
        row |= {"id": name, "segment": d.one(list(self.segments)), "currency": self.code()}
        row["amount"] = self.amount(row["currency"])
        row["customer"] = f"C{d.whole(0, 9)}" if d.chance(0.5) else ""
        row["class"] = d.one(("", "", "Gold", "Other"))
        row["owner"] = d.one(("", "Ann", "Bob"))
        row["terms"] = self.terms(3) if d.chance(0.4) else ""
        if self.products and d.chance(0.5):
            row["product"] = d.one(list(self.products))
        row["service_months"] = d.one((3, 6, 13, 24)) if d.chance(0.3) else ""
        self.rows.append(row)
        return row

    def invoices(self):
        """Open invoices only, or paid ones too; some name a won deal, some one that is not there."""
        d = self.dice
        full, said = d.chance(0.6), d.chance(0.5)
        names = ["id", "deal", "customer", "class", "amount", "currency", "tax", "invoice_date", "due_date",
                 "paid_date"] + ["disputed"] * said  # fmt: skip
        rows = []
        wins = [row for row in self.rows if row["id"].startswith("W")]
        for i in range(d.whole(1, 14)):
            deal = d.one(wins) if wins and d.chance(0.6) else None
            code = deal["currency"] if deal else self.code()
            digits, share = DIGITS[code], d.one((0, 0.19, 0.077))
            net = float(deal["amount"]) * d.real(0.05, 0.6) if deal else float(self.amount(code))
            tax = round(net * share, digits)
            written = d.whole(-500, 0) if d.chance(0.3) else d.whole(-60, 0)
            due = written + d.one((0, 14, 30, 30, 90))
            paid = self.on(written, 0) if full and d.chance(0.5) else ""
            rows.append([
                f"R{i:02d}", deal["id"] if deal else d.one(("", "X9")), deal["customer"] if deal else "C1",
                deal["class"] if deal else d.one(("", "Gold")), f"{net + tax:.{digits}f}", code,
                f"{tax:.{digits}f}", (self.as_of + written * DAY).isoformat(),
                (self.as_of + due * DAY).isoformat(), paid, *([d.one(("yes", "no", ""))] * said),
            ])  # fmt: skip
        self.tables["invoices"] = [names, *rows]

    def renewals(self):
        d = self.dice
        some = [n for n, p in self.products.items() if self.renewable(p)]
        rows = []
        for i in range(d.whole(1, 8) if some else 0):
            code = self.code()
            rows.append([
                f"N{i:02d}", f"C{d.whole(0, 9)}" if d.chance(0.5) else "", d.one(("", "Gold")),
                d.one(list(self.segments)), d.one(some), self.amount(code), code, self.on(-5, 400),
                d.real(0, 1), d.one((0, 0.03, -0.2, 1)),
            ])  # fmt: skip
        if rows:
            names = ["id", "customer", "class", "segment", "product", "amount", "currency", "due", "chance",
                     "uplift"]  # fmt: skip
            self.tables["renewals"] = [names, *rows]

    def renewable(self, product):
        return product["recurring"] and product.get("service_months", 12) >= 3

    def figures(self, name, low, high):
        d = self.dice
        rows = {}
        for _ in range(d.whole(1, 5)):
            day = self.as_of + 30 * d.whole(low, high) * DAY
            series, segment = d.one(("bookings", "billings", "receipts")), d.one(("", *self.segments))
            rows[f"{day:%Y-%m}", series, segment] = self.amount(self.currency)
        self.tables[name] = [["month", "series", "segment", "amount"], *([*k, v] for k, v in rows.items())]


def shuffled(text, *seed):
    """The rows of a table in another order."""
    header, *rows = text.splitlines()
    return "\n".join([header, *(rows[i] for i in np.random.default_rng(seed).permutation(len(rows)))]) + "\n"


def write(folder, files):
    """Write the files of a scenario, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "whole.yaml"


def _csv(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
