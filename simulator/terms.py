"""Read payment terms as people write them, and turn them into invoice and due dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Dates = NDArray[np.datetime64]
Event = Literal["signature", "delivery", "acceptance", "start"]
Roll = Literal["none", "following", "modified-following", "preceding"]

EVENTS: Final[tuple[Event, ...]] = ("signature", "delivery", "acceptance", "start")
ROLLS: Final[tuple[Roll, ...]] = ("none", "following", "modified-following", "preceding")
DEFAULT_SERVICE_MONTHS: Final = 12
LONGEST_DAYS: Final = 3650
LONGEST_MONTHS: Final = 600

_BUSDAY_ROLLS: Final = {"following": "following", "modified-following": "modifiedfollowing",
                        "preceding": "preceding"}  # fmt: skip
_PERIODS: Final = {"annual": 12, "annually": 12, "yearly": 12, "half-yearly": 6, "semi-annual": 6,
                   "quarterly": 3, "monthly": 1}  # fmt: skip
_VOCABULARY: Final = (
    *("net", "then", "eom", "prox", "mfi", "receipt", "cia", "annual", "half-yearly", "quarterly", "monthly"),
    *("in", "advance", "arrears", "prepaid", "on", "balance", "every", "for", "uplift", *EVENTS),
)
_EXAMPLES: Final = (
    "for example `net 30`, `2/10 net 30`, `EOM+30d`, `prox(15,1)`, `annual in advance net 30`, "
    "`30% on signature net 15; balance on delivery net 30`"
)
_DUE_RULES: Final = (
    "write one of `net 30`, `net 30 then EOM`, `EOM+30d`, `EOM+1m`, `prox(15,1)`, `15 MFI`, `receipt`, `CIA`"
)
_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|([a-z]+(?:-[a-z]+)*)|([%/+(),;]))", re.IGNORECASE)


class TermsError(ValueError):
    """Payment terms that cannot be read, or that could be read in two ways.

    Attributes:
        text: the terms as given.
        position: index in `text` of the first character that does not fit.
        reason: what is wrong there.
        remedy: what to write instead.
    """

    def __init__(self, text: str, position: int, reason: str, remedy: str) -> None:
        self.text, self.position, self.reason, self.remedy = text, position, reason, remedy
        super().__init__(f"terms {text!r}, character {position + 1}: {reason}; {remedy}")


@dataclass(frozen=True)
class DueRule:
    """When an invoice is due: `net_days` on, then to `day` of the month `months` on, then `after_days` on.

    Attributes:
        net_days: days from the invoice date.
        months: months from there; counts only with `day`.
        day: day of that month (its last day where it is shorter; 31 is always the last), or None to stay.
        after_days: days from there.
    """

    net_days: int = 0
    months: int = 0
    day: int | None = None
    after_days: int = 0


NET_30: Final = DueRule(net_days=30)
"""The due rule where terms name none: MODEL 12."""


@dataclass(frozen=True)
class Discount:
    """An early-payment discount: `share` of the invoice off if paid within `days` of its date."""

    share: Fraction
    days: int


@dataclass(frozen=True)
class Installment:
    """One invoice of a contract.

    Attributes:
        share: exact share of the contract's value.
        event: what it waits for: signature, delivery, acceptance, or start of service.
        lag_days: days from the event.
        months: months on from there.
        due: when it is due.
        discount: early-payment discount on offer, if any.
        certain: paid on its due date for certain (cash in advance).
    """

    share: Fraction
    event: Event
    lag_days: int
    months: int
    due: DueRule
    discount: Discount | None = None
    certain: bool = False


@dataclass(frozen=True)
class Recurrence:
    """Invoices at even distances.

    Attributes:
        every_months: length of a billing period.
        arrears: invoiced at the end of each period instead of its beginning.
        for_months: length of the schedule; None: as long as the service runs.
        uplift: rise of the price every 12 months.
    """

    every_months: int
    arrears: bool
    for_months: int | None = None
    uplift: Fraction = Fraction(0)


@dataclass(frozen=True)
class PaymentTerms:
    """How a contract's value becomes invoices, and when they are due.

    Attributes:
        text: the terms as they were written.
        clauses: the instalments; of a recurring schedule the one that it repeats.
        recurrence: how it repeats, or None.
    """

    text: str
    clauses: tuple[Installment, ...]
    recurrence: Recurrence | None = None

    def installments(self, service_months: int | None = None) -> tuple[Installment, ...]:
        """List the invoices of one contract, their exact shares adding to 1.

        A last period that is cut short gets its proportional share.

        Args:
            service_months: length of the service; 12 where it is not known. Terms that state their own length
                (`for 12m`) or do not recur pay no heed to it.

        Raises:
            ValueError: the service is shorter than a month or longer than 600.
        """
        if self.recurrence is None:
            return self.clauses
        length = self.recurrence.for_months
        if length is None:
            length = DEFAULT_SERVICE_MONTHS if service_months is None else int(service_months)
        if not 1 <= length <= LONGEST_MONTHS:
            raise ValueError(f"a service of {length} months; it must be 1 to {LONGEST_MONTHS}")
        return _repeat(self.clauses[0], self.recurrence, length)


@lru_cache(maxsize=4096)
def parse_terms(text: str) -> PaymentTerms:
    """Read payment terms; the grammar stands in MODEL 7.

    Capitals and spaces do not matter. Plain due rules and `prepaid` invoice the whole value at signature,
    recurring terms from the start of service. Where no due rule is given, it is net 30.

    Raises:
        TermsError: the text does not follow the grammar, is ambiguous, or its shares do not add to 100 %.
    """
    return _Parser(text).terms()


def add_months(dates: ArrayLike, months: ArrayLike) -> Dates:
    """Move dates by whole months; a day that the month does not have becomes its last.

    Args:
        dates: datetime64[D][...].
        months: int[...], broadcasts against `dates`; may be negative.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    first = days.astype("datetime64[M]")
    return _day_of_month(first + np.asarray(months, dtype=np.int64), days - first.astype("datetime64[D]"))


def invoice_dates(installment: Installment, event_dates: ArrayLike, invoice_lag_days: ArrayLike = 0) -> Dates:
    """Date an instalment's invoices.

    The first invoice comes `lag_days` and the invoice lag after the event; later ones stand whole months on,
    at the first one's day of the month. NaT (an event that never comes) stays NaT.

    Args:
        installment: one of `PaymentTerms.installments`.
        event_dates: datetime64[D][...], the day of the instalment's own event.
        invoice_lag_days: int[...], days from the event to the invoice; broadcasts.
    """
    lag = np.asarray(invoice_lag_days, dtype=np.int64) + installment.lag_days
    first: Dates = np.asarray(event_dates, dtype="datetime64[D]") + lag
    return add_months(first, installment.months) if installment.months else first


def due_dates(rule: DueRule, invoice_dates: ArrayLike) -> Dates:
    """Give each invoice's due date, before rolling.

    Args:
        rule: the due rule.
        invoice_dates: datetime64[D][...].
    """
    dates: Dates = np.asarray(invoice_dates, dtype="datetime64[D]") + rule.net_days
    if rule.day is None:
        return dates + rule.after_days
    month = dates.astype("datetime64[M]") + rule.months
    return _day_of_month(month, np.timedelta64(rule.day - 1, "D")) + rule.after_days


def roll_dates(dates: ArrayLike, rule: Roll, holidays: ArrayLike = ()) -> Dates:
    """Move dates that fall on a Saturday, Sunday or holiday to a business day.

    `following` takes the next one, `preceding` the last one before, `modified-following` the next one unless
    that lies in another month, then the last one before.

    Args:
        dates: datetime64[D][...].
        rule: one of `ROLLS`.
        holidays: datetime64[D][...], days off besides weekends.

    Raises:
        ValueError: unknown rule.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    if rule == "none":
        return days
    if rule not in _BUSDAY_ROLLS:
        raise ValueError(f"roll is {rule!r}; it must be one of {', '.join(ROLLS)}")
    free = np.asarray(holidays, dtype="datetime64[D]").ravel()
    return np.asarray(np.busday_offset(days, 0, roll=_BUSDAY_ROLLS[rule], holidays=free))  # type: ignore[call-overload]


def _day_of_month(month: Dates, offset: NDArray[np.timedelta64] | np.timedelta64) -> Dates:
    """Step into each month by `offset` days from its first, at most to its last."""
    first = month.astype("datetime64[D]")
    last = (month + 1).astype("datetime64[D]") - 1
    return np.asarray(np.minimum(first + offset, last))


def _repeat(clause: Installment, recurrence: Recurrence, length: int) -> tuple[Installment, ...]:
    prices = [(1 + recurrence.uplift) ** (month // 12) for month in range(length)]
    total, every = sum(prices), recurrence.every_months
    return tuple(
        replace(
            clause,
            share=sum(prices[begin : begin + every], Fraction(0)) / total,
            months=min(begin + every, length) if recurrence.arrears else begin,
        )
        for begin in range(0, length, every)
    )


@dataclass(frozen=True)
class _Token:
    word: str
    position: int
    number: Fraction | None = None


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > 500:
            self.fail(500, "the text is too long", "terms have at most 500 characters")
        self.tokens = list(self.scan())
        self.at = 0

    def scan(self) -> Iterator[_Token]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            match = _TOKEN.match(self.text, position)
            if match is None:
                position += len(self.text[position:]) - len(self.text[position:].lstrip())
                self.fail(position, f"unexpected {self.text[position]!r}", _EXAMPLES)
            number = Fraction(match[1]) if match[1] else None
            yield _Token(match[match.lastindex or 0].lower(), match.start(match.lastindex or 0), number)
            position = match.end()
        yield _Token("", end)

    # ---- the grammar, from the top

    def terms(self) -> PaymentTerms:
        if self.word == "":
            self.fail(0, "the terms are empty", _EXAMPLES)
        if self.word == "every":
            return self.finish(*self.every())
        if self.word in _PERIODS:
            return self.finish(*self.periodic())
        if self.word == "balance" or self.ahead(1) in ("%", "percent"):
            if not (self.ahead(1) == "%" and self.ahead(2) == "/"):  # 2%/10 net 30 is a discount
                return self.finish(self.clauses(), None)
        if self.take("prepaid"):
            return self.finish((self.installment("signature", optional=True),), None)
        if self.word == "on" and self.ahead(1) in EVENTS:
            self.fail(self.token.position, "a share is missing", f"write `100% on {self.ahead(1)} net 30`")
        return self.finish((self.installment("signature", optional=False),), None)

    def every(self) -> tuple[tuple[Installment, ...], Recurrence]:
        self.expect("every", "")
        months = self.months("write `every 1m advance for 12m net 30`")
        self.take("in")
        arrears = self.advance_or_arrears("`every 1m advance for 12m` or `every 1m arrears for 12m`")
        self.expect("for", "say for how long: `every 1m advance for 12m`")
        length = self.months("say for how long: `every 1m advance for 12m`")
        clause, uplift = self.installment("start", optional=True), Fraction(0)
        if self.take("uplift"):
            uplift = self.percent("write the yearly rise in per cent: `uplift 3%`")
        return (clause,), Recurrence(months, arrears, length, uplift)

    def periodic(self) -> tuple[tuple[Installment, ...], Recurrence]:
        period = self.next().word
        form = f"`{period} in advance` or `{period} in arrears`"
        self.expect("in", f"write {form}")
        arrears = self.advance_or_arrears(form)
        return (self.installment("start", optional=True),), Recurrence(_PERIODS[period], arrears)

    def clauses(self) -> tuple[Installment, ...]:
        """Read `30% on signature net 15; …`, shares or one balance."""
        found: list[Installment] = []
        balance: int | None = None
        total = Fraction(0)
        while True:
            start, share = self.token, Fraction(0)
            if self.take("balance"):
                if balance is not None:
                    self.fail(start.position, "a second balance", "give all shares but one in per cent")
                balance = len(found)
            else:
                share = self.percent("begin each part with its share: `40% on delivery` or `balance on …`")
                if share == 0:
                    self.fail(start.position, "a share of nothing", "leave this part out")
            total += share
            found.append(self.on_event(share))
            if not self.take(";"):
                break
        if balance is not None and total < 1:
            found[balance] = replace(found[balance], share=1 - total)
        elif balance is not None:
            self.fail(start.position, "nothing is left for the balance", "lower the other shares below 100%")
        elif total != 1:
            given = f"{float(total * 100):g}%"
            self.fail(start.position, f"the shares add to {given}, not 100%", "make one of them `balance`")
        return tuple(found)

    def on_event(self, share: Fraction) -> Installment:
        events = f"say what it waits for: {', '.join(f'`on {event}`' for event in EVENTS)}"
        self.expect("on", events)
        event = next((event for event in EVENTS if event == self.word), None)
        if event is None:
            self.unexpected(events)
        self.next()
        days, months = (
            self.length("write `on delivery+30d` or `on delivery+1m`") if self.take("+") else (0, 0)
        )
        return replace(self.installment(event, optional=True), share=share, lag_days=days, months=months)

    def installment(self, event: Event, *, optional: bool) -> Installment:
        """Read an optional discount and a due rule; net 30 where one is optional and missing."""
        if optional and self.word in ("", ";", "uplift"):
            return Installment(Fraction(1), event, 0, 0, NET_30)
        start, discount = self.token, None
        if self.token.number is not None and self.ahead(1) in ("/", "%"):
            discount = self.discount()
        certain = self.word == "cia"
        due = self.due()
        room = due.net_days if due.day is None else LONGEST_DAYS
        if discount and discount.days > room:
            reason = f"the discount of {discount.days} days ends after the due date"
            self.fail(start.position, reason, "give fewer discount days than days to pay: `2/10 net 30`")
        return Installment(Fraction(1), event, 0, 0, due, discount, certain)

    def discount(self) -> Discount:
        form = "write 2 per cent within 10 days as `2/10 net 30`"
        position, share = self.token.position, self.next().number
        self.take("%")
        self.expect("/", form)
        days = self.whole(1, LONGEST_DAYS, form)
        self.take(",")
        if share is None or not 0 < share < 100:
            self.fail(position, "a discount must be above 0% and below 100%", form)
        return Discount(share / 100, days)

    def due(self) -> DueRule:
        self.refuse_net_eom()
        if self.take("cia") or self.take("receipt"):
            return DueRule()
        if self.word in ("due", "on", "upon") and "receipt" in (self.ahead(1), self.ahead(2)):
            while self.next().word != "receipt":
                if self.word not in ("on", "upon", "receipt"):
                    self.unexpected("write `receipt`")
            return DueRule()
        if self.take("net"):
            return self.net()
        if self.take("eom"):
            return self.eom()
        if self.take("prox"):
            return self.prox()
        if self.token.number is not None and self.ahead(1) == "mfi":
            day = self.whole(1, 31, "the day of the following month: `15 MFI`")
            self.next()
            return DueRule(months=1, day=day)
        self.unexpected(_DUE_RULES)
