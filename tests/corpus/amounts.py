"""Amounts, of a further deal on line 6."""

from written import DEALS, SCENARIO

from corpus.case import Case, row, table


def amount(text, rule, refused=None, minor=None, setting=None, currency="EUR"):
    """An amount of D5."""
    scenario = SCENARIO.replace("deals.csv}", f"deals.csv, {setting}}}") if setting else SCENARIO
    given = {"deals": DEALS + f'D5,Proposal,"{text}",,,,\n', "scenario": scenario}
    return Case(f"{text!r} {setting or ''}".strip(), rule, given, refused, {"D5": f"{minor} {currency}"})


def column(texts, rule, refused=None, setting=None, **reads):
    """Amounts of D1, D2 and so on, from line 2 on."""
    scenario = SCENARIO.replace("deals.csv}", f"deals.csv, {setting}}}") if setting else SCENARIO
    rows = "".join(f'D{i},Proposal,"{text}"\n' for i, text in enumerate(texts, 1))
    reads = {key: f"{minor} EUR" for key, minor in reads.items()}
    return Case(
        f"{' · '.join(texts)} {setting or ''}".strip(),
        rule,
        {"deals": "id,stage,amount\n" + rows, "scenario": scenario},
        refused,
        reads,
    )


def of(currency, text, rule, refused=None, minor=None):
    """An amount beside a column of currencies, on line 2."""
    content = f'id,stage,amount,currency\nD5,Proposal,"{text}",{currency}\n'
    scenario = SCENARIO.replace("{USD: 0.9}", "{USD: 0.9, JPY: 0.006, BHD: 2.4}")
    return table(
        f"{text!r} of {currency!r}",
        rule,
        content,
        refused,
        scenario,
        D5=f"{minor} {currency.upper() or 'EUR'}",
    )


COMMA = 'decimal: ","'

AMOUNTS = [
    # ---- written plainly or not
    amount("1250", "plain", None, 125000),
    amount("1250.5", "plain", None, 125050),
    amount(".5", "plain", None, 50),
    amount("0", "plain", None, 0),
    amount("007", "plain", None, 700),
    amount("+12.50", "sign", None, 1250),
    amount("1.15", "exact", None, 115),
    amount("4.35", "exact", None, 435),
    amount("90071992547409.91", "plain", None, 9007199254740991),
    amount("", "missing", "D023:6 the amount is missing"),
    amount("   ", "missing", "D023:6 the amount is missing"),
    amount("-", "a number", "D014:6"),
    amount("TBD", "a number", "D014:6 is not a number"),
    amount("n/a", "a number", "D014:6 is not a number"),
    amount("twelve", "a number", "D014:6 is not a number"),
    amount("=A1*2", "a number", "D014:6 is not a number"),
    amount("12_500", "a number", "D014:6 is not a number"),
    amount("1/2", "a number", "D014:6 is not a number"),
    amount("1250.", "a number", "D014:6 is not a number"),
    amount("12..50", "a number", "D014:6 is not a number"),
    amount("0x1F", "a number", "D014:6"),
    amount("٣٤٥", "a number", "D014:6 is not a number"),
    amount("١٢٫٥٠", "a number", "D014:6 is not a number"),
    amount("50%", "a number", "D014:6 is not a number"),
    amount("1200-1500", "a number", "D014:6 is not a number"),
    amount("nan", "finite", "D014:6 is not a finite number"),
    amount("inf", "finite", "D014:6 is not a finite number"),
    amount("∞", "finite", "D014:6 is not a finite number"),
    amount("1.2E+06", "scientific", "D014:6 is in scientific notation"),
    amount("1e3", "scientific", "D014:6 is in scientific notation"),
    amount("9007199254740993", "bound", "D014:6 is too large"),
    amount("9" * 61, "length", "D014:6 is too long for an amount"),
    amount("0" * 61 + "5", "length", "D014:6 is too long for an amount"),
    # ---- signs
    amount("-5", "negative", "D015:6 the amount is negative"),
    amount("(5.00)", "negative", "D015:6 the amount is negative"),
    amount("5.00-", "negative", "D015:6 the amount is negative"),
    amount("\u22125", "negative", "D015:6 the amount is negative"),
    amount("-€5", "negative", "D015:6 the amount is negative"),
    amount("-0.00", "zero has no sign", None, 0),
    amount("--5", "a number", "D014:6 is not a number"),
    # ---- thousands
    amount("12,500.00", "thousands", None, 1250000),
    amount("1,234,567.89", "thousands", None, 123456789),
    amount("12 500.00", "thousands", None, 1250000),
    amount("12\u00a0500", "spaces", None, 1250000),
    amount("12\u202f500.5", "spaces", None, 1250050),
    amount("12'500.00", "thousands", None, 1250000),
    amount("12\u2019500.00", "spaces", None, 1250000),
    amount("12,34,567.00", "lakhs", None, 123456700),
    amount("1,23,4567.00", "groups of three", "D014:6"),
    amount("1,25.00", "groups of three", "D014:6 is not a number"),
    amount("1234,567.00", "groups of three", "D014:6 is not a number"),
    amount("1,234 567.00", "one mark of groups", "D014:6 is not a number"),
    amount("1 234,567.00", "one mark of groups", "D014:6 is not a number"),
    amount("0,250.00", "no zero before thousands", "D014:6"),
    # ---- the other decimal mark
    column(["12.500,00"], "thousands", None, COMMA, D1=1250000),
    column(["12 500,5"], "thousands", None, COMMA, D1=1250050),
    column(["12.50"], "comma set", "D014:2 is not a number", COMMA),
    column(["12,50"], "comma set", None, COMMA, D1=1250),
    column(["12.500,00", "99,5"], "mark of a column", None, D1=1250000, D2=9950),
    column(["1,234.50", "12,500"], "point of a column", None, D1=123450, D2=1250000),
    column(["1.234,50", "12.500"], "mark of a column", None, D1=123450, D2=1250000),
    column(["12,500", "9,250"], "open mark", "D051:2 amounts can be read in two ways"),
    column(["12.500", "9.250"], "open mark", "D051:2 amounts can be read in two ways"),
    column(["12.500", "9.250"], "thousands", None, COMMA, D1=1250000, D2=925000),
    column(["12,50", "13,50", "9.25"], "a slip in a column", "D014:4 elsewhere: correct this one"),
    column(["12,50", "9.25", "1,250"], "two marks", "D052:2 amounts are written in two ways"),
    # ---- short forms
    amount("250k", "short forms", None, 25000000),
    amount("1.5M", "short forms", None, 150000000),
    amount("2bn", "short forms", None, 200000000000),
    amount("1,250k", "short and grouped", "D014:6 is ambiguous"),
    amount("250kk", "a number", "D014:6"),
    amount("5 tn", "a number", "D014:6"),
    # ---- currencies
    amount("12.50 EUR", "unit", None, 1250),
    amount("EUR 12.50", "unit", None, 1250),
    amount("€12.50", "unit", None, 1250),
    column(["12,50 €"], "unit", None, COMMA, D1=1250),
    amount("US$ 12.50", "unit", None, 1250, None, "USD"),
    amount("12.50 GBP", "rate", "D017:6 there is no rate for GBP"),
    amount("12 RUR", "unit known", "D014:6 marked RUR, which is no ISO 4217"),
    amount("12 XYZ", "unit known", "D014:6 no ISO 4217"),
    amount("12.50 EUR EUR", "a number", "D014:6"),
    of("USD", "€5", "unit fits", "D014:2 marked €, where the currency is USD"),
    of("USD", "$5", "unit", None, 500),
    of("usd", "5", "capitals of a code", None, 500),
    of("EUX", "5", "code known", "D016:2 is no ISO 4217 code"),
    of("€", "5", "code known", "D016:2 is no ISO 4217 code"),
    of("GBP", "5", "rate", "D017:2 there is no rate for GBP"),
    of("JPY", "1200", "minor units", None, 1200),
    of("JPY", "1200.00", "minor units", None, 1200),
    of("JPY", "1200.5", "decimals", "D014:2 has more decimals than the currency"),
    of("JPY", "1.200", "open mark", "D051:2 amounts can be read in two ways"),
    of("BHD", "1.2345", "decimals", "D014:2 has more decimals than the currency"),
    of("BHD", "1.5", "minor units", None, 1500),
    amount("5.123456", "decimals", "D014:6 has more decimals than the currency"),
    amount("5.000000", "zeros too many", None, 500),
    row("no amount of a lost deal", "lost needs no amount", "D5,Lost,,2026-03-01,,,2026-06-01", lost="D4 D5"),
]
