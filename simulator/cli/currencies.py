"""Find out, or ask, in which currency a company reports, and what its other currencies are worth in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from simulator.cli.asking import Questions
from simulator.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from simulator.loading.exports import Export
    from simulator.loading.history_frame import HistoryFrame

NONE: Final = "none"
"""Answers that no column tells it, be it the currencies or the segments."""
SAID: Final = "as was answered"
_RATE: Final = re.compile(
    r"\s*([A-Za-z]{3})\s*=\s*((?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(?:[,;]|(?=\s)|$)"
)
"""A rate such as `USD=0.92`; a comma may be its decimal mark."""
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2},\d{3}")
"""What may be thousands as well."""


def rates_of(text: str) -> dict[str, float]:
    """Return the rates of a text such as `USD=0.92, GBP=1.15`."""
    rates, rest = _rates_in(text)
    if rest:
        raise click.BadParameter(f"{rest!r} is no rate; write for example USD=0.92")
    return rates


def told_by_column(
    exports: Mapping[str, Export], frame: HistoryFrame, said: str | None, questions: Questions
) -> HistoryFrame:
    """Find out which column tells the currencies of the amounts, where one may and nobody reads it.

    Args:
        exports: as they are read so far.
        frame: how.
        said: the column that is said to tell them, `none` for none.
        questions: asks.
    """
    from simulator.loading.currency_columns import code_columns

    _check_column(list(exports.values()), said)
    for export in exports.values():
        answer = said
        is_open = answer is None and any(problem.code == "D087" for problem in export.unclear)
        if is_open and (found := code_columns(export.table, export.cells.columns)):
            held = " and ".join(f"{title} holds {', '.join(codes)}" for title, codes in found.items())
            question = f"Which column of {export.table.name} tells the currencies of its amounts? {held}."
            more = f"--currency-column {'|'.join((*found, NONE))}, and with a column --currency and --rate"
            answer = questions.choice(question, "--currency-column", (*found, NONE), None, flags=more)
        if answer == NONE:
            frame = replace(frame, currencies={**frame.currencies, export.kind: ""})
        elif answer is not None and export.table.column(answer) is not None:
            named = {**frame.columns.get(export.kind, {}), "currency": answer}
            frame = replace(frame, columns={**frame.columns, export.kind: named})
    return frame


def _check_column(exports: Sequence[Export], said: str | None) -> None:
    """Check that the column that is said is there; and that `none` answers anything.

    Raises:
        UsageError: it is not, or each file's currencies are told by a column that is read.
    """
    tables = [export.table for export in exports]
    if said == NONE and all("currency" in export.columns for export in exports):
        read = (f"the column {export.columns['currency']} of {export.table.name}" for export in exports)
        what = f"{' and '.join(read)} is read, and tells them; leave the option out"
        raise UsageError(f"--currency-column {NONE}: {what}", code="U002")
    if said is not None and said != NONE and all(table.column(said) is None for table in tables):
        remedy = did_you_mean(said, [title for table in tables for title in table.header])
        files = " or ".join(table.name for table in tables)
        what = f"--currency-column: there is no column {said} in {files}"
        raise UsageError(f"{what}; {remedy}", code="U003")


def company_frame(
    exports: Mapping[str, Export], frame: HistoryFrame, questions: Questions
) -> tuple[HistoryFrame, str]:  # fmt: skip
    """Return the frame with the company's currency and the rates of all others, and what tells the currency.

    Of several currencies of which no file tells which is the company's, it is the one without a rate where
    all others have theirs; else somebody is asked for both at once.

    Args:
        exports: of the company.
        frame: how they are read.
        questions: asks.
    """
    from simulator.loading.company_currency import company_currency

    told = company_currency(frame, [export.found for export in exports.values()])
    code, rates = told.code, dict(frame.rates)
    why = told.why
    without = [one for one in told.named if one not in rates]
    if not told.named and not why:
        question = "In which currency are the amounts?"
        assumed = f"the company's currency is {code}, {told.hint}"
        code = questions.text(question, "--currency CODE", code, assumed, read=currency_code)
        why = told.hint if code == told.code else SAID
    elif told.others:
        question = f"Some amounts are in {told.code}, and others do not say in what: which currency is that?"
        option = f"--currency CODE, and --rate {told.code}=RATE where that is another one"
        if (answer := questions.text(question, option, None, read=currency_code)) is not None:
            code, why = answer, SAID
    elif not why and len(without) == 1:
        code, why = without[0], "the only one for which no rate is given"
    elif not why:
        answer = questions.text(
            *_of_several(told.named, code), None, read=partial(_reported, told.named, rates)
        )
        if answer is None:
            return replace(frame, currency=code), ""
        code, rates = answer
        why = SAID
    if lacking := [one for one in told.named if one != code and one not in rates]:
        shown = f"What is one {' and one '.join(lacking)} in {code}?"
        option = " ".join(f"--rate {one}=…" for one in lacking)
        example = "0.92" if len(lacking) == 1 else ", ".join(f"{one}=0.92" for one in lacking)
        rates |= (
            questions.text(f"{shown} (such as {example})", option, None, read=partial(_all, lacking)) or {}
        )
    return replace(frame, currency=code, rates=rates), why


def _of_several(named: Sequence[str], likeliest: str) -> tuple[str, str]:
    """Return the question for the company's currency among several, and the options that answer it."""
    others = [code for code in named if code != likeliest]
    example = ", ".join([likeliest, *(f"{code}=0.92" for code in others)])
    rest = "the other" if len(others) == 1 else "each other"
    listed = f"{', '.join(named[:-1])} and {named[-1]}"
    question = f"Amounts are in {listed}. In which does the company report, and what is one of {rest} in it?"
    option = f"--currency {'|'.join(named)} --rate CODE=RATE of each other, in the company's"
    return f"{question} (such as {example})", option


def currency_code(answer: str) -> str:
    """Return the ISO 4217 code that somebody says, in capitals.

    Raises:
        click.BadParameter: it is none.
    """
    from simulator.money import is_currency

    if not is_currency(code := answer.strip().upper()):
        raise click.BadParameter(f"{answer.strip()!r} is no ISO 4217 currency; write for example EUR")
    return code


def _reported(named: Sequence[str], known: Mapping[str, float], answer: str) -> tuple[str, dict[str, float]]:
    """Return the company's currency and all rates of an answer such as `EUR, USD=0.92`.

    The currency need not be named where it is the only one without a rate.
    """
    rates, rest = _rates_in(answer)
    rates = {**known, **rates}
    lacking = [code for code in named if code not in rates]
    codes = [currency_code(word) for word in re.split(r"[\s,;]+", rest) if word]
    codes = codes or (lacking if len(lacking) == 1 else [])
    if len(codes) != 1:
        raise click.BadParameter(
            f"write one currency, and a rate for each other, such as {named[0]}, {named[1]}=0.92"
        )
    _check_none([code for code in lacking if code != codes[0]], codes[0])
    return codes[0], rates


def _all(lacking: Sequence[str], answer: str) -> dict[str, float]:
    """Return the rates of an answer; where one is asked for, the number will do."""
    told = rates_of(f"{lacking[0]}={answer.strip()}" if len(lacking) == 1 and "=" not in answer else answer)
    _check_none([code for code in lacking if code not in told])
    return told


def _check_none(left: Sequence[str], company: str = "") -> None:
    if left:
        where = f" in {company}" if company else ""
        raise click.BadParameter(f"nobody says what one {left[0]} is{where}")


def _rates_in(text: str) -> tuple[dict[str, float], str]:
    """Return the rates that stand in a text, and the rest of it."""
    from simulator.money import is_currency

    rates: dict[str, float] = {}

    def taken(match: re.Match[str]) -> str:
        if _THOUSANDS.fullmatch(match[2]):
            either = f"{match[1]}={match[2].replace(',', '.')} or {match[1]}={match[2].replace(',', '')}"
            raise click.BadParameter(f"{match[0].strip(' ,;')!r} can be read in two ways; write {either}")
        code, rate = match[1].upper(), float(match[2].replace(",", "."))
        if not is_currency(code) or not 1e-9 < rate < 1e9:
            return match[0]
        rates[code] = rate
        return " "

    return rates, _RATE.sub(taken, text).strip(" ,;")
