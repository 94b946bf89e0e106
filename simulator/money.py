"""Money is whole minor units, so that no sum depends on its order and no cent on a float."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
Mark = Literal[".", ","]
MARKS: Final[tuple[Mark, ...]] = (".", ",")

LIMIT: Final = 2**53
"""Amounts stay below this many minor units: up to here a float64 holds every integer exactly."""

_OTHER_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# ANG and BGN were replaced in 2025 and 2026; invoices from before still carry them.
_TWO_DIGITS: Final = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD
XCD XCG YER ZAR ZMW ZWG
"""
CURRENCIES: Final[Mapping[str, int]] = MappingProxyType(
    dict(
        sorted(
            {code: 2 for code in _TWO_DIGITS.split()}.items()
            | {(code, digits) for digits, codes in _OTHER_DIGITS.items() for code in codes.split()}
        )
    )
)
"""ISO 4217 code to number of minor digits; funds and metals without a minor unit are not money here."""

_RUPEES: Final = ("INR", "LKR", "MUR", "NPR", "PKR", "SCR")
_DOLLARS: Final = (
    "USD", "ARS", "AUD", "BBD", "BMD", "BND", "BRL", "BSD", "BZD", "CAD", "CLP", "COP", "CUP",
    "CVE", "DOP", "FJD", "GYD", "HKD", "JMD", "KYD", "LRD", "MOP", "MXN", "NAD", "NIO", "NZD",
    "SBD", "SGD", "SRD", "TOP", "TTD", "TWD", "UYU", "WST", "XCD", "ZWG",
)  # fmt: skip
_CROWNS: Final = ("SEK", "NOK", "DKK", "ISK")
# What each symbol may stand for, the most usual first: where the currency is another, the amount is refused.
_SYMBOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "€": ("EUR",), "£": ("GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"), "¥": ("JPY", "CNY"),
    "$": _DOLLARS, "kr": _CROWNS, "kr.": _CROWNS, "₩": ("KRW", "KPW"), "₽": ("RUB",), "₹": ("INR",),
    "₺": ("TRY",), "₴": ("UAH",), "₪": ("ILS",), "₫": ("VND",), "₦": ("NGN",),
    "₱": ("PHP",), "฿": ("THB",), "zł": ("PLN",), "Kč": ("CZK",),
    "Fr": ("CHF",), "US$": ("USD",), "A$": ("AUD",), "C$": ("CAD",), "R$": ("BRL",), "HK$": ("HKD",),
    "NZ$": ("NZD",), "S$": ("SGD",), "Rs": _RUPEES, "Rs.": _RUPEES,
    "руб": ("RUB",), "руб.": ("RUB",), "Fr.": ("CHF",),
}  # fmt: skip
_UNIT = "|".join(sorted((re.escape(symbol) for symbol in _SYMBOLS), key=len, reverse=True))
_AFFIX = re.compile(rf"(?P<unit>(?i:[A-Z]{{3}})(?![A-Za-z])|{_UNIT})")
_LONGEST_UNIT: Final = max(map(len, _SYMBOLS))
_SUFFIXES: Final = {"": 0, "k": 3, "m": 6, "bn": 9}
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]*)?[eE][-+]?[0-9]+")
_NOT_FINITE: Final = "is not a finite number"
_LACKING: Final = "write the amount, or leave the row out"
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})
# What begins with 0 has no thousands: 0,250 is a quarter in one way of writing and no number in the other.
_GROUPED: Final = r"[1-9][0-9]{{0,2}}(?P<group>[ '{other}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
_INDIAN: Final = r"|[1-9][0-9]?(?P<lakh>,)[0-9]{2}(?:,[0-9]{2})*,[0-9]{3}"
_NUMBER: Final[dict[Mark, re.Pattern[str]]] = {
    decimal: re.compile(
        rf"(?P<whole>[0-9]*|{_GROUPED.format(other=re.escape(other))}{_INDIAN if other == ',' else ''})"
        rf"(?:{re.escape(decimal)}(?P<part>[0-9]+))?\s*(?P<suffix>k|m|bn|)",
        re.IGNORECASE,
    )
    for decimal, other in zip(MARKS, reversed(MARKS), strict=True)
}

_PLAIN: Final = {mark: re.compile(rf"([0-9]{{1,11}})(?:{re.escape(mark)}([0-9]{{1,4}}))?") for mark in MARKS}
"""Numbers without group, sign or unit, of which none is too large."""


class AmountError(ValueError):
    """A text that is no amount.

    Attributes:
        what: why not, such as "is negative".
        remedy: what to do about it.
        may_be: the currencies that its code or sign may mean, where it means another than was expected.
    """

    def __init__(self, text: str, what: str, remedy: str, may_be: tuple[str, ...] = ()) -> None:
        self.what, self.remedy, self.may_be = what, remedy, may_be
        super().__init__(f"{text[:40]!r} {what}; {remedy}")


def is_currency(code: str) -> bool:
    """Tell whether `code` is an ISO 4217 currency code, in capitals."""
    return code in CURRENCIES


def minor_digits(code: str) -> int:
    """Give the decimals of a currency: 2 for EUR, 0 for JPY, 3 for BHD.

    Raises:
        ValueError: the code is not in ISO 4217.
    """
    try:
        return CURRENCIES[code]
    except KeyError:
        raise ValueError(f"{code!r} is not an ISO 4217 currency code, such as EUR or USD") from None


def currency_in(text: str) -> str | None:
    """Give the currency that an amount names beyond doubt (`EUR 12.50`, `12.50 €`), or None."""
    _, meant = mark_in(text)
    return meant[0] if len(meant) == 1 else None


def mark_in(text: str) -> tuple[str, tuple[str, ...]]:
    """Give the sign beside an amount, and the currencies that it may mean, the most usual first.

    The sign of what has a code is "", and so is that of what has neither; the latter means nothing.
    """
    unit, _ = _strip_unit(text.translate(_SPACES).strip())
    if unit is not None and is_currency(unit.upper()):
        return "", (unit.upper(),)
    return unit or "", _SYMBOLS.get(unit or "", ())


def mark_of(word: str) -> tuple[str, tuple[str, ...]]:
    """Give what `mark_in` does for a word that is nothing but the mark (`EUR`, `£`, `руб.`), else nothing."""
    unit, bare = _strip_unit(word.translate(_SPACES))
    return mark_in(word) if unit is not None and not bare else ("", ())


def parse_amount(
    text: str, digits: int, decimal: Mark = ".", *, allow_negative: bool = False, currency: str | None = None
) -> int:
    """Read an amount in major units as minor units, exactly.

    Understands `60000`, `60,000.00`, `60 000.00`, `60'000.00`, `12,34,567.00`, `250k`, `1.5M`, `2bn`, and one
    currency code or symbol before or after; with `decimal=","` the European form `60.000,00`.

    Args:
        text: what somebody typed or exported.
        digits: decimals of the currency, see `minor_digits`.
        decimal: the decimal mark, "." or ",".
        allow_negative: also accept `-12.50` and `(12.50)`.
        currency: where given, a code or symbol in the text must be able to mean it.

    Raises:
        AmountError: the text is empty, not a finite number, could be read in two ways, is negative, is finer
            than a minor unit or reaches 2**53 minor units.
    """
    if decimal not in _NUMBER:
        raise ValueError(f'the decimal mark is {decimal!r}, it must be "." or ","')
    if (plain := _PLAIN[decimal].fullmatch(text)) and len(part := plain[2] or "") <= digits:
        return int(plain[1] + part) * int(10 ** (digits - len(part)))  # what most exports hold
    if not text.strip():
        raise AmountError(text, "is empty", "fill it in")
    unit, bare = _strip_unit(text.translate(_SPACES).strip())
    if unit is not None and not bare and unit.casefold() not in ("nan", "inf"):  # a word, such as TBD
        raise _no_number(text, "", decimal)
    _check_unit(text, unit, currency)
    negative, bare = _strip_sign(bare)
    if unit is None:  # the sign may stand before the unit: -$5, ($5)
        unit, bare = _strip_unit(bare)
        _check_unit(text, unit, currency)
    minor = _read_number(text, bare, digits, decimal)
    if negative and minor and not allow_negative:
        raise AmountError(text, "is negative", "amounts are at least 0")
    return -minor if negative else minor


def decimal_marks(text: str) -> tuple[Mark, ...]:
    """Return the decimal marks with which a text is a number: both where it would be another number in each.

    What has neither mark, and what is no number, tells nothing.
    """
    unit, bare = _strip_unit(text.translate(_SPACES).strip())
    _, bare = _strip_sign(bare)
    if unit is None:
        _, bare = _strip_unit(bare)
    if "." not in bare and "," not in bare:
        return ()
    return tuple(mark for mark, number in _NUMBER.items() if number.fullmatch(bare))


def split(amounts: Int, shares: Sequence[Fraction]) -> Int:
    """Split amounts into instalments that add up to the minor unit.

    Each instalment is floor(amount × share), the last one is what remains (MODEL 7).

    Args:
        amounts: int64[...], minor units.
        shares: exact shares, none negative, adding to 1.

    Returns:
        int64[..., instalment].

    Raises:
        ValueError: the shares are negative or do not add to 1.
    """
    if not shares or min(shares) < 0 or sum(shares) != 1:
        raise ValueError(f"shares of {sum(shares)} in all; they must be at least 0 and add to 1")
    amounts = np.asarray(amounts, dtype=np.int64)
    parts = np.empty((*amounts.shape, len(shares)), dtype=np.int64)
    rest = amounts.copy()
    for number, share in enumerate(shares[:-1]):
        parts[..., number] = _floor_times(amounts, share)
        rest -= parts[..., number]
    parts[..., -1] = rest
    return parts


def _strip_unit(text: str) -> tuple[str | None, str]:
    """Take one currency code or symbol off the front or the end."""
    if before := _AFFIX.match(text):
        return before["unit"], text[before.end() :].strip()
    for start in range(max(len(text) - _LONGEST_UNIT, 0), len(text)):
        after = _AFFIX.fullmatch(text, start)
        if after and start and not text[start - 1].isalpha():
            return after["unit"], text[:start].strip()
        if after and start and is_currency(text[start:].upper()):  # 1.5MEUR
            return after["unit"], text[:start].strip()
    return None, text


def _check_unit(text: str, unit: str | None, currency: str | None) -> None:
    if unit is None:
        return
    known = _SYMBOLS.get(unit)
    if known is None and unit.upper() in ("NAN", "INF"):
        raise AmountError(text, _NOT_FINITE, _LACKING)
    if known is None and not is_currency(unit.upper()):
        raise AmountError(text, f"is marked {unit}, which is no ISO 4217 currency", "write such as 12.50 EUR")
    known = known if known is not None else (unit.upper(),)
    if currency is not None and currency not in known:
        what = f"is marked {unit}, where the currency is {currency}"
        raise AmountError(text, what, "correct the mark, or the currency", known)


def _strip_sign(text: str) -> tuple[bool, str]:
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1].strip()
    if text[:1] in ("-", "+"):
        return text[0] == "-", text[1:].strip()
    if text.endswith("-"):
        return True, text[:-1].strip()
    return False, text


def _read_number(text: str, bare: str, digits: int, decimal: Mark) -> int:
    if len(bare) > 60:
        raise AmountError(text, "is too long for an amount", "write a plain number such as 12500.00")
    match = _NUMBER[decimal].fullmatch(bare)
    if match is None or not (match["whole"] or match["part"]):
        raise _no_number(text, bare, decimal)
    group = match["group"] or match.groupdict().get("lakh")
    part, suffix = match["part"] or "", match["suffix"].lower()
    if group and suffix:
        raise AmountError(text, "is ambiguous", f"write it without {suffix!r} or without grouping")
    whole = match["whole"].replace(group, "") if group else match["whole"]
    power = digits + _SUFFIXES[suffix] - len(part)
    # Zeros too many do no harm (1200.00 JPY), but three digits may be a group of thousands.
    if power < 0 and (int(part) % 10**-power or (suffix == "" and len(part) == 3)):
        what = f"has more decimals than the currency, which has {digits}"
        raise AmountError(text, what, _other_mark(bare, decimal) or "round it, or correct the currency")
    number = int(whole + part or "0")
    minor = number * int(10**power) if power >= 0 else number // int(10**-power)
    if minor >= LIMIT:
        most = f"{LIMIT // 10**digits:,}"
        remedy = f"amounts stay below {most}, so that each minor unit counts: check its digits and its unit"
        raise AmountError(text, "is too large", remedy)
    return minor


def _no_number(text: str, bare: str, decimal: Mark) -> AmountError:
    """Say what a text is that is no number."""
    if bare.casefold() in ("nan", "inf", "infinity", "∞"):
        return AmountError(text, _NOT_FINITE, _LACKING)
    if _SCIENTIFIC.fullmatch(bare):
        return AmountError(text, "is in scientific notation", "write all digits, such as 1250000")
    plain = f"write a plain number such as 12500{decimal}00, 250k or 6M"
    return AmountError(text, "is not a number", _other_mark(bare, decimal) or plain)


def _other_mark(bare: str, decimal: Mark) -> str:
    """Offer the other decimal mark where it would make sense of the text."""
    other: Mark = "," if decimal == "." else "."
    form = "a European" if other == "," else "an English"
    if any(mark in bare for mark in ".,") and _NUMBER[other].fullmatch(bare):
        return f'{form} number? set data.decimal: "{other}"'
    return ""


def _floor_times(amounts: Int, share: Fraction) -> Int:
    top, bottom = share.numerator, share.denominator
    if top * bottom < 2**62:
        whole = amounts // bottom  # and what is left of each: numpy takes it five times as fast as a modulus
        return np.asarray(whole * top + (amounts - whole * bottom) * top // bottom, dtype=np.int64)
    # Long uplifted schedules have denominators beyond int64; Python's integers stay exact.
    return np.asarray(amounts.astype(object) * top // bottom, dtype=np.int64)
