"""Read payment terms as people write them, and say exactly where and how they are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, NoReturn

from simulator.records import dataclass
from simulator.spelling import nearest
from simulator.terms.schedule import (
    EVENTS,
    LONGEST_MONTHS,
    NET_30,
    Discount,
    DueRule,
    Event,
    Installment,
    PaymentTerms,
    Recurrence,
)

LONGEST_DAYS: Final = 3650
LONGEST_TEXT: Final = 500

_PERIODS: Final = {
    **{"annual": 12, "annually": 12, "yearly": 12, "half-yearly": 6, "semi-annual": 6},
    **{"quarterly": 3, "monthly": 1},
}
_DAYS, _MONTHS = ("d", "day", "days"), ("m", "month", "months")
_VOCABULARY: Final = (
    *("net", "then", "eom", "prox", "mfi", "receipt", "cia", "prepaid", "balance", "on", *EVENTS),
    *("in", "advance", "arrears", "every", "for", "uplift", *_PERIODS, *_DAYS, *_MONTHS),
)
_DUE_RULES: Final = (
    "write one of `net 30`, `net 30 then EOM`, `EOM+30d`, `EOM+1m`, `prox(15,1)`, `15 MFI`, `receipt`, `CIA`"
)
_EXAMPLES: Final = (
    "write for example `net 30`, `2/10 net 30`, `EOM+30d`, `prox(15,1)`, `annual in advance net 30` or "
    "`30% on signature net 15; balance on delivery net 30`"
)
_TOKEN = re.compile(r"([0-9]+(?:\.[0-9]+)?)|([a-z]+(?:-[a-z]+)*)|([%/+(),;])", re.ASCII | re.IGNORECASE)


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


@lru_cache(maxsize=4096)
def parse_terms(text: str) -> PaymentTerms:
    """Read payment terms; the grammar stands in MODEL 7.

    Capitals and spaces do not matter. Plain due rules and `prepaid` invoice the whole value at signature,
    recurring terms from the start of service. Where no due rule is given, it is net 30.

    Raises:
        TermsError: the text does not follow the grammar, is ambiguous, or its shares do not add to 100 %.
    """
    return _Parser(text).terms()


@dataclass(frozen=True)
class _Token:
    word: str
    position: int
    number: Fraction | None = None


class _Parser:
    """Recursive descent over the tokens of one text; the last token is the empty word."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > LONGEST_TEXT:
            self.fail(LONGEST_TEXT, "the text is too long", f"use at most {LONGEST_TEXT} characters")
        self.tokens = list(self.scan())
        self.at = 0

    def scan(self) -> Iterator[_Token]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            if self.text[position].isspace():
                position += 1
                continue
            match = _TOKEN.match(self.text, position)
            if match is None:
                self.fail(position, f"unexpected {self.text[position]!r}", _EXAMPLES)
            yield _Token(match[0].lower(), position, Fraction(match[1]) if match[1] else None)
            position = match.end()
        yield _Token("", end)

    # ---- the grammar, from the top

    def terms(self) -> PaymentTerms:
        if self.word == "":
            self.fail(0, "the terms are empty", _EXAMPLES)
        if self.word in ("every", *_PERIODS):
            clause, recurrence = self.every() if self.word == "every" else self.periodic()
            return self.finish((clause,), recurrence)
        if self.take("prepaid"):
            return self.finish((self.invoice("signature"),))
        if self.word == "balance" or (self.ahead(1) == "%" and self.ahead(2) != "/"):
            return self.finish(self.parts())
        if self.word == "on" and self.ahead(1) in EVENTS:
            self.fail(self.position, "the share is missing", f"write `100% on {self.ahead(1)} net 30`")
        return self.finish((self.invoice("signature", required=True),))

    def every(self) -> tuple[Installment, Recurrence]:
        form = "write `every 1m advance for 12m net 30`"
        begin = self.next().position
        every = self.months(form)
        self.take("in")
        arrears = self.arrears(form)
        self.expect("for", form)
        length = self.months(form)
        if every > length:
            self.fail(begin, f"a period of {every} months does not fit into {length}", form)
        clause, uplift = self.invoice("start"), Fraction(0)
        if self.take("uplift"):
            uplift = self.percent("write the yearly rise as `uplift 3%`")
        return clause, Recurrence(every, arrears, length, uplift)

    def periodic(self) -> tuple[Installment, Recurrence]:
        period = self.next().word
        form = f"write `{period} in advance` or `{period} in arrears`"
        self.expect("in", form)
        arrears = self.arrears(form)
        return self.invoice("start"), Recurrence(_PERIODS[period], arrears)

    def parts(self) -> tuple[Installment, ...]:
        """Read `30% on signature net 15; …`: shares that add to 100 %, or one balance."""
        found: list[Installment] = []
        balance, begin = None, self.position
        while not found or self.take(";"):
            begin = self.position
            if self.take("balance"):
                if balance is not None:
                    self.fail(begin, "a second balance", "give all parts but one in per cent")
                balance, share = len(found), Fraction(0)
            else:
                share = self.percent("begin each part with its share: `40% on delivery` or `balance on …`")
                if not share:
                    self.fail(begin, "a share of nothing", "leave this part out")
            found.append(self.part(share))
        if self.word:
            self.left_over()
        rest = 1 - sum((part.share for part in found), Fraction(0))
        if balance is not None and rest > 0:
            found[balance] = replace(found[balance], share=rest)
        elif balance is not None:
            self.fail(begin, "nothing is left for the balance", "lower the other shares to less than 100%")
        elif rest:
            given = f"the shares add to {float(100 - 100 * rest):g}%, not 100%"
            self.fail(begin, given, "correct them or make one of them `balance`")
        return tuple(found)

    def part(self, share: Fraction) -> Installment:
        remedy = "say what it waits for: " + ", ".join(f"`on {event}`" for event in EVENTS)
        self.expect("on", remedy)
        event = next((event for event in EVENTS if event == self.word), None)
        if event is None:
            self.unexpected(remedy)
        self.next()
        days, months = 0, 0
        if self.take("+"):
            days, months = self.length("write `on delivery+30d` or `on delivery+1m`")
        return replace(self.invoice(event), share=share, lag_days=days, months=months)

    def invoice(self, event: Event, required: bool = False) -> Installment:
        """Read an optional discount and a due rule; net 30 where one may be missing and is."""
        if not required and self.word in ("", ";", "uplift"):
            return Installment(Fraction(1), event, 0, 0, NET_30)
        begin = self.position
        discount = self.discount() if "/" in (self.ahead(1), self.ahead(2)) else None
        certain = self.word == "cia"
        due = self.due()
        if discount and due.day is None and discount.days > due.net_days:
            reason = f"the discount lasts {discount.days} days, longer than the invoice has to be paid"
            self.fail(begin, reason, "write fewer discount days than days to pay: `2/10 net 30`")
        return Installment(Fraction(1), event, 0, 0, due, discount, certain)

    def discount(self) -> Discount:
        form = "write 2 per cent within 10 days as `2/10 net 30`"
        token = self.next()
        if token.number is None or not 0 < token.number < 100:
            self.fail(token.position, "a discount is a number above 0 and below 100", form)
        self.take("%")
        self.expect("/", form)
        days = self.whole(1, LONGEST_DAYS, form)
        self.take(",")
        return Discount(token.number / 100, days)

    # ---- due rules

    def due(self) -> DueRule:
        if self.take("due"):
            self.expect("on", "write `due on receipt`")
            self.expect("receipt", "write `due on receipt`")
            return DueRule()
        if self.take("cia") or self.take("receipt"):
            return DueRule()
        if self.take("net"):
            return self.net()
        if self.take("eom"):
            return self.eom()
        if self.take("prox"):
            return self.prox()
        if self.token.number is not None:
            return self.bare_number()
        self.unexpected(_DUE_RULES)

    def net(self) -> DueRule:
        days = self.whole(0, LONGEST_DAYS, "write the days to pay: `net 30`")
        self.take(*_DAYS)
        if self.word == "eom":
            self.ambiguous(days)
        if not self.take("then"):
            return DueRule(net_days=days)
        self.expect("eom", f"write `net {days} then EOM`")
        return DueRule(net_days=days, day=31)

    def eom(self) -> DueRule:
        number = self.tokens[self.at + (self.word == "net")].number if self.word else None
        if number is not None:
            self.ambiguous(int(number))
        form = "write `EOM+0d`, `EOM+30d` or `EOM+1m`: counted from the last day of the invoice's month"
        self.expect("+", form)
        days, months = self.length(form)
        return DueRule(months=months, day=31, after_days=days)

    def prox(self) -> DueRule:
        form = "write `prox(15,1)`: day 15 (1 to 31) of the 1st month after the invoice"
        self.expect("(", form)
        day = self.whole(1, 31, form)
        self.expect(",", form)
        months = self.whole(1, LONGEST_MONTHS, form)
        self.expect(")", form)
        return DueRule(months=months, day=day)

    def bare_number(self) -> DueRule:
        """Read `15 MFI`; any other number that stands for days lacks its `net`."""
        after = self.ahead(1 + (self.ahead(1) in _DAYS))
        if after == "mfi":
            day = self.whole(1, 31, "write the day of the month following the invoice: `15 MFI`")
            self.expect("mfi", "write `15 MFI`")
            return DueRule(months=1, day=day)
        begin, given = self.position, self.next().word
        if after == "eom":
            self.ambiguous(int(float(given)), begin)
        self.fail(begin, "a number without its rule", f"did you mean `net {given}`? Or {_DUE_RULES}")

    def ambiguous(self, days: int, position: int | None = None) -> NoReturn:
        remedy = (
            f"write `EOM+{days}d` for {days} days after the month's end, "
            f"or `net {days} then EOM` for the end of the month in which {days} days have passed"
        )
        at = self.position if position is None else position
        self.fail(at, f"{days} days with EOM is ambiguous", remedy)

    # ---- words and numbers

    def arrears(self, remedy: str) -> bool:
        if self.word not in ("advance", "arrears"):
            self.unexpected(remedy)
        return self.next().word == "arrears"

    def length(self, remedy: str) -> tuple[int, int]:
        """Read `30d` or `1m` as days and months."""
        number = self.whole(0, LONGEST_DAYS, remedy)
        if self.take(*_DAYS):
            return number, 0
        if self.word not in _MONTHS:
            self.unexpected(f"say whether {number} is days or months: {remedy}")
        if number > LONGEST_MONTHS:
            self.fail(self.position, f"more than {LONGEST_MONTHS} months", remedy)
        self.next()
        return 0, number

    def months(self, remedy: str) -> int:
        number = self.whole(1, LONGEST_MONTHS, remedy)
        if not self.take(*_MONTHS):
            self.unexpected(f"give lengths in months: {remedy}")
        return number

    def percent(self, remedy: str) -> Fraction:
        token = self.token
        if token.number is None:
            self.unexpected(remedy)
        if token.number > 100:
            self.fail(token.position, f"{token.word}% is more than 100%", remedy)
        self.next()
        self.expect("%", remedy)
        return token.number / 100

    def whole(self, least: int, most: int, remedy: str) -> int:
        token = self.token
        if token.number is None:
            self.unexpected(remedy)
        if "." in token.word or not least <= token.number <= most:
            reason = f"{token.word} is not a whole number from {least} to {most}"
            self.fail(token.position, reason, remedy)
        self.next()
        return int(token.number)

    # ---- tokens and failures

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    @property
    def word(self) -> str:
        return self.token.word

    @property
    def position(self) -> int:
        return self.token.position

    def ahead(self, steps: int) -> str:
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)].word

    def next(self) -> _Token:
        token = self.token
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def take(self, *words: str) -> _Token | None:
        return self.next() if self.word in words else None

    def expect(self, word: str, remedy: str) -> None:
        if not self.take(word):
            self.unexpected(remedy)

    def finish(self, clauses: tuple[Installment, ...], recurrence: Recurrence | None = None) -> PaymentTerms:
        if self.word:
            self.left_over()
        return PaymentTerms(self.text.strip(), clauses, recurrence)

    def left_over(self) -> NoReturn:
        if self.word == ",":
            self.unexpected("part instalments with `;`")
        if self.word == ";":
            self.unexpected("give each part its share and event: `50% on signature; balance on delivery`")
        self.unexpected(f"leave out what follows, or {_EXAMPLES}")

    def unexpected(self, remedy: str) -> NoReturn:
        if not self.word:
            self.fail(self.position, "something is missing at the end", remedy)
        known = self.token.number is not None or self.word in _VOCABULARY or not self.word[0].isalpha()
        close = None if known else nearest(self.word, _VOCABULARY)
        written = self.text[self.position : self.position + len(self.word)]
        guess = f"did you mean `{close}`? Or {remedy}" if close else remedy
        self.fail(self.position, f"unexpected {written!r}", guess)

    def fail(self, position: int, reason: str, remedy: str) -> NoReturn:
        raise TermsError(self.text, position, reason, remedy)
