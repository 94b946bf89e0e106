"""What sees to the corpus: each rule by the code that keeps it, and that code without it."""

import re

from taken import take_away

from simulator import money, periods
from simulator.loading import (
    cells,
    columns,
    customs,
    dates,
    deals,
    frame,
    funnels,
    given,
    invoices,
    money_suspicions,
    sorting,
    sources,
    tables,
    validate,
    yaml,
)
from simulator.loading.sources import (
    archive,
    encodings,
    markup,
    number_formats,
    sheet_layout,
    sheets,
    text,
    text_layout,
    totals,
    workbook,
)
from simulator.scenario import laws, model, resolve, settings, values
from simulator.terms import grammar


def no(function, *tests):
    """A function in which tests never hold."""
    return [(function, test, f"{test.split()[0]} False:") for test in tests]


def put(function, *pairs):
    """A function with other code at some places."""
    return [(function, there, without) for there, without in pairs]


def known(module, name, *pairs):
    """A pattern, or a table of them, with other pieces."""
    return [((module, name), there, without) for there, without in pairs]


def without(constant, pairs):
    """A pattern or a table of patterns with texts replaced; anything else becomes what it is given."""
    if isinstance(constant, re.Pattern):
        pattern = constant.pattern
        for there, instead in pairs:
            assert there in pattern, f"the pattern keeps the rule no more: {there}"
            pattern = pattern.replace(there, instead)
        return re.compile(pattern, constant.flags)
    if isinstance(constant, dict) and all(isinstance(value, re.Pattern) for value in constant.values()):
        return {
            key: without(value, [p for p in pairs if p[0] in value.pattern])
            for key, value in constant.items()
        }
    return pairs[0][1]


def do_without(name, monkeypatch):
    """Let the program do without a rule."""
    kept = RULES[name]
    constants = {owner for owner, _, _ in kept if isinstance(owner, tuple)}
    for module, constant in constants:
        pairs = [(there, instead) for owner, there, instead in kept if owner == (module, constant)]
        monkeypatch.setattr(module, constant, without(getattr(module, constant), pairs))
    take_away([piece for piece in kept if piece[0] not in constants], monkeypatch)
    grammar.parse_terms.cache_clear()


CHOSEN = "result[at] = verdict.choice or common"
NUMBER = "minor = number * int(10**power) if power >= 0 else number // int(10**-power)"

RULES = {
    # ---- dates
    "iso": known(dates, "_YEAR_FIRST", (r"\d{4}", r"\d{5}")),
    "day exists": put(
        dates.parse_moment,
        ("date(year, month, day)", "date(year, min(max(month, 1), 12), min(max(day, 1), 28))"),
    ),
    "years": [
        *no(dates.parse_moment, "if not 1900 <= year < 2200:"),
        *put(dates.parse_moment, ("date(year, month, day)", "date(max(year, 1), month, day)")),
    ],
    "blanks": [
        *put(dates.parse_moment, ("text = text.strip()", "pass")),
        *put(cells.Cells.text, (".strip()", "")),
    ],
    "one separator": known(dates, "_YEAR_FIRST", ("(?P=mark)", "[./-]")),
    "compact": known(dates, "_YEAR_FIRST", (r"|(?P<mm>\d{2})(?P<dd>\d{2})", "|(?P<mm>x)(?P<dd>x)")),
    "no part of a date": put(
        dates.parse_moment,
        ('raise DateError("is not a date", _guess(text))', "return date(2027, 1, 1), None"),
    ),
    "no serial": known(dates, "_SERIAL", ("[2-6]", "x")),
    "month names": known(dates, "_MONTHS", ("", {})),
    "months known": put(
        dates._parts, ('_MONTHS.get(match["name"].casefold())', '_MONTHS.get(match["name"].casefold(), 1)')
    ),
    "day first": put(dates._parts, ('((one, two) if order == "mdy" else (two, one))', "(one, two)")),
    "month first": put(dates._parts, ('((one, two) if order == "mdy" else (two, one))', "(two, one)")),
    "century": put(dates._year, ("if len(text) > 2", "if True")),
    "no order found": no(dates._parts, 'if order == "ymd":'),
    "order of a column": put(customs._Kind.found, (CHOSEN, "result[at] = self.usual")),
    "points tell": put(dates.fitting_orders, ('None if match["mark"] == "." else', "")),
    "open order": no(
        customs._Kind.found, "elif verdict.choice is None and (common is None or verdict.against):"
    ),
    "two orders": put(
        customs._Kind._verdict,
        (
            "if doubtful is None or not others or most >= _SLIP * sum(count for _, count in others):",
            "if True:",
        ),
    ),
    "a slip in a column": put(
        cells.Cells._setting,
        ('return "the other cells of the column are written otherwise: correct this one"', "pass"),
    ),
    "offset": put(dates._local, ("return moment.astimezone(zone).date(),", "return day,")),
    "offset exists": no(dates._offset, "if hours > 15 or minutes > 59:"),
    "time exists": no(dates._local, "if hour > 23 or minute > 59 or second > 60:"),
    "half days": put(dates._local, ('hour = hour % 12 + (12 if half.upper() == "PM" else 0)', "pass")),
    "won without a day": no(deals._Reader.win, "if row.closed is None:"),
    "days in order": no(deals._Reader.place, "if _in_disorder(row):"),
    "known at as_of": no(
        deals._Reader.place,
        "if (row.created or 0) > 0:",
        'if row.status != "open" and (row.closed or 0) > 0:',
    ),
    "closed yet open": no(
        deals._Reader.place, 'elif row.status == "open" and row.closed is not None and row.closed <= 0:'
    ),
    # ---- amounts
    "plain": put(money._read_number, (NUMBER, f"{NUMBER}; minor += 1")),
    "exact": put(
        money._read_number, (NUMBER, 'minor = int(float(f"{whole or 0}.{part or 0}") * 10**digits)')
    ),
    "sign": put(money._strip_sign, ('text[:1] in ("-", "+")', 'text[:1] == "-"')),
    "missing": no(cells.Cells.money, "if needed:"),
    "a number": [
        *put(money._read_number, ("raise _no_number(text, bare, decimal)", "return 0")),
        *put(money.parse_amount, ('raise _no_number(text, "", decimal)', "return 0")),
    ],
    "finite": [
        *no(money._check_unit, 'if known is None and unit.upper() in ("NAN", "INF"):'),
        *no(money._no_number, 'if bare.casefold() in ("nan", "inf", "infinity", "∞"):'),
    ],
    "scientific": no(money._no_number, "if _SCIENTIFIC.fullmatch(bare):"),
    "bound": no(money._read_number, "if minor >= LIMIT:"),
    "length": no(money._read_number, "if len(bare) > 60:"),
    "negative": no(money.parse_amount, "if negative and minor and not allow_negative:"),
    "zero has no sign": put(money.parse_amount, ("negative and minor and not", "negative and not")),
    "thousands": put(
        money._read_number, ('match["whole"].replace(group, "")', 'match["whole"].split(group)[0]')
    ),
    "lakhs": put(money._read_number, (' or match.groupdict().get("lakh")', "")),
    "spaces": known(money, "_SPACES", ("", {})),
    "groups of three": known(money, "_NUMBER", ("[0-9]{3}", "[0-9]+"), ("[0-9]{0,2}", "[0-9]*")),
    "one mark of groups": known(money, "_NUMBER", ("(?P=group)", "[ ',]")),
    "no zero before thousands": known(money, "_NUMBER", ("[1-9][0-9]{0,2}", "[0-9]{1,3}")),
    "comma set": put(customs.written, ('customs.decimal or "."', '"."')),
    "mark of a column": put(customs._Kind.found, (CHOSEN, "result[at] = self.usual")),
    "point of a column": put(customs._Kind.found, (CHOSEN, 'result[at] = ","')),
    "open mark": no(
        customs._Kind.found, "elif verdict.choice is None and (common is None or verdict.against):"
    ),
    "two marks": put(
        customs._Kind._verdict,
        (
            "if doubtful is None or not others or most >= _SLIP * sum(count for _, count in others):",
            "if True:",
        ),
    ),
    "short forms": known(money, "_SUFFIXES", ("", {"": 0, "k": 0, "m": 0, "bn": 0})),
    "short and grouped": no(money._read_number, "if group and suffix:"),
    "unit": put(
        money.parse_amount,
        ("_strip_unit(text.translate(_SPACES).strip())", "None, text.translate(_SPACES).strip()"),
        ("unit, bare = _strip_unit(bare)", "pass"),
    ),
    "unit known": no(money._check_unit, "if known is None and not is_currency(unit.upper()):"),
    "unit fits": no(money._check_unit, "if currency is not None and known and currency not in known:"),
    "capitals of a code": put(cells.Cells._read_money, (".upper()", "")),
    "code known": no(cells.Cells._read_money, "if not is_currency(code):"),
    "rate": no(cells.Cells._read_money, "if code not in self.customs.rates.codes:"),
    "minor units": put(money.minor_digits, ("return CURRENCIES[code]", "return 2")),
    "decimals": put(money._read_number, ("if power < 0 and (", "if False and (")),
    "zeros too many": put(money._read_number, ("if power < 0 and (", "if power < 0 or (")),
    "lost needs no amount": put(deals._Reader.major, ("needed=False", "needed=True")),
    # ---- text files
    "something": no(text._Reader.table, "if len(cells) <= self.layout.titles:"),
    "no row is no fault": put(text._Reader.table, ("<= self.layout.titles:", "<= self.layout.titles + 1:")),
    "signatures": [
        *known(text, "_SIGNATURES", ("", {})),
        *no(sources._read, "if first.startswith(workbook.OLD_SIGNATURE):"),
    ],
    "byte order mark": [
        *known(encodings, "_BOMS", ("", ())),
        *put(text._Reader._head, ('.replace("\\ufeff", "")', "")),
    ],
    "UTF-16": known(encodings, "_BOMS", ("", ())),
    "UTF-16 whole": no(encodings.find_encoding, "if (line := _fault(source, codec)) is not None:"),
    "no NUL": no(encodings.find_encoding, "if (line := _nul(source)) is not None:"),
    "cp1252": put(encodings._single_byte, ('return "cp1252"', 'return "cp1251"')),
    "cp1251": put(encodings._single_byte, ('return "cp1251"', 'return "cp1252"')),
    "UTF-8": put(encodings.find_encoding, ('return "utf-8", "UTF-8"', 'return "cp1252", "UTF-8"')),
    "line ends": put(text._read, ('newline=""', r'newline="\n"')),
    "lines are counted": put(text._Reader._blocks, ("before + skipped + 1", "before + skipped")),
    "quotes": put(text._Reader._blocks, ("strict=True", "quoting=csv.QUOTE_NONE")),
    "quotes close": put(text._Reader._blocks, ("strict=True", "strict=False")),
    "delimiter": known(text_layout, "_USUAL", ("", {",": "commas"})),
    "any delimiter": known(text_layout, "_USUAL", ("", {",": "commas", ";": "semicolons", "\t": "tabs"})),
    "sep line": no(text_layout.find_layout, "if match := _SAID.match(sample):"),
    "titles differ": [
        *put(text._Reader._head, ("if count > 1", "if False")),
        *put(sheet_layout.lay_out, ("if titles.count(one) > 1", "if False")),
    ],
    "capitals of titles": put(tables.Table.column, ("title.casefold() == name.casefold()", "title == name")),
    "exact titles first": no(tables.Table.column, "if name in self.header:"),
    "blanks of titles": put(text._Reader._head, ('" ".join(title.replace("\\ufeff", "").split())', "title")),
    "no title": put(text._Reader._head, (' or f"column {i + 1}"', "")),
    "empty at the end": put(
        text._Reader._head, ("while width > 1 and not titles[width - 1].strip():", "while False:")
    ),
    "empty cells at the end": put(
        text._Reader._fitted, ("while len(record) > width and not record[-1].strip():", "while False:")
    ),
    "as many cells": no(text._Reader._fitted, "if len(record) != width:"),
    "blank rows are none": put(
        text._Reader._blocks,
        ("if record and (record[0].strip() or any(map(str.strip, record))):", "if record:"),
    ),
    # ---- deals
    "id": [*no(deals._rows, "if not identity:"), *no(invoices._invoice, "if not identity:")],
    "id once": no(cells.Cells.is_twice, "if first != row:"),
    "ids keep capitals": put(
        cells.Cells.is_twice, ("seen.setdefault(identity, row)", "seen.setdefault(identity.casefold(), row)")
    ),
    "ids are texts": put(deals._rows, ('cells.text(row, "id")', 'cells.text(row, "id").lstrip("0")')),
    "stage": no(deals._status, 'if not stage and said in (None, "open"):'),
    "stage known": no(deals._Reader.stage, "if found is None:"),
    "capitals of stages": put(deals._Reader.stage, ("row.stage.casefold()", "row.stage")),
    "lost begins so": put(funnels.EndNames.is_lost, ('startswith("lost")', '__eq__("lost")')),
    "names of won": put(funnels.EndNames.is_won, (" or name.casefold() in self.won", "")),
    "names of lost": put(funnels.EndNames.is_lost, (" or name.casefold() in self.lost", "")),
    "stage and outcome agree": no(deals._status, "if said and ending and said != ending:"),
    "outcome known": no(deals._status, "if outcome and not said:"),
    "outcome alone": put(deals._status, ("ending or said or", "ending or")),
    "probability": put(
        columns.Columns.probability,
        ("if value is None or not 0 <= (value :=", "if False and not 0 <= (value :="),
    ),
    "months": no(
        cells.Cells.months, "if value is None or value != int(value) or not 1 <= value <= LONGEST_MONTHS:"
    ),
    "terms of a deal": put(
        columns.Columns.terms,
        ('self.cells.complain("D019", message, row, "terms", text, error.remedy)', "pass"),
    ),
    # ---- the mapping
    "columns needed": no(cells.find_columns, "elif ours in needed:"),
    "mapped columns exist": no(cells.find_columns, "elif ours in named:"),
    "mapped columns": put(cells.find_columns, ("named.get(ours, ours)", "ours")),
    "files exist": no(given.Given.__post_init__, "if not path.is_file():"),
    "choices": no(validate._problem, 'if kind == "literal_error":'),
    "unread columns": put(
        given._note_unread, ("(close := nearest(_squashed(title), tuple(lacking), ALIKE)) is None", "True")
    ),
    "segment given": put(
        sorting._Finder.by_name, ('self.complain("D012", "the row has no segment", row, None, None)', "pass")
    ),
    "segment known": no(sorting._Finder.by_name, "if found is None and complain:"),
    "segment map": put(sorting._Finder.__init__, ("self.known[theirs.casefold()] = ", "_ = ")),
    "bands": put(sorting._Finder.in_bands, ("max(fitting)", "min(fitting)")),
    "bands begin at 0": no(
        model._bands, "if min(bounds.values()) > 0 or len(set(bounds.values())) < len(bounds):"
    ),
    # ---- invoices
    "due after written": no(invoices._invoice, "if due < written:"),
    "due on its own day": put(invoices._invoice, ("due < written", "due <= written")),
    "days of invoices": no(invoices._invoice, "if day is None and not cells.text(row, column):"),
    "invoiced by as_of": no(invoices._invoice, "if written > 0:"),
    "paid by as_of": no(invoices._invoice, "if paid is not None and paid > as_of:"),
    "paid after written": no(
        invoices._invoice, "elif paid is not None and paid.toordinal() - as_of.toordinal() < written:"
    ),
    "invoiced is won": no(money_suspicions._note_invoices, "if still_open.any():"),
    "tax within the amount": no(invoices.tax_in, "if tax is not None and tax > gross:"),
    "yes or no": no(invoices.is_disputed, "if text.casefold() not in _NO:"),
    "capitals of yes": put(invoices.is_disputed, ("text.casefold() in _YES", "text in _YES")),
    # ---- YAML
    "one mapping": no(yaml.parse_yaml, "if not isinstance(data, dict):"),
    "one document": no(yaml._checked_events, "if documents > 1:"),
    "no alias": no(yaml._checked_events, "if isinstance(event, AliasEvent):"),
    "no anchor": no(yaml._checked_events, "if isinstance(event, NodeEvent) and event.anchor is not None:"),
    "no tag": no(
        yaml._checked_events,
        "if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:",
    ),
    "depth": no(yaml._checked_events, "if depth > DEEPEST:"),
    "YAML": put(
        yaml._checked_events, ("raise InputError([_syntax_problem(error, name)]) from None", "return events")
    ),
    "size": no(yaml.read_yaml, "if len(content) > largest:"),
    "keys once": no(yaml._Composer.mapping, "if key in lines:"),
    "keys are texts": no(yaml._Composer.mapping, "if not isinstance(event, ScalarEvent):"),
    "no control character": no(yaml.parse_yaml, "if control := _CONTROL.search(text):"),
    "only true and false": [
        *known(yaml, "_TRUE", ("true|", "on|true|")),
        *known(yaml, "_FALSE", ("false|", "no|false|")),
    ],
    "dates stay texts": put(
        yaml._plain, ("return text", "return int(text[:4]) if text[:4].isdigit() else text")
    ),
    "no base 60": put(yaml._plain, ("return text", 'return 90 if ":" in text else text')),
    "quotes make texts": no(yaml._Composer.scalar, "if not event.implicit[0]:"),
    "texts are texts": put(
        validate.scenario_file,
        (
            "error.errors(include_url=False)",
            '[d for d in error.errors(include_url=False) if d["type"] != "string_type"]',
        ),
    ),
    "bases": no(yaml._plain, "if _BASED.fullmatch(text):"),
    "zeros in front": put(yaml._plain, ("return int(text)", 'return int(text, 8 if text[0] == "0" else 10)')),
    "underscores": known(yaml, "_INTEGER", ("[0-9]+", "[0-9_]+")),
    "digits": no(yaml._plain, "if len(text) > _MOST_DIGITS:"),
    "finite numbers": no(yaml._plain, "if _SPECIAL.fullmatch(text):"),
    # ---- values of a scenario
    "whole numbers": no(values.whole, "if value != int(value):"),
    "numbers": no(values.number, "if found is None or found[1]:"),
    "seed": no(model._seed, "if not 0 <= value < 2**63:"),
    "trials": no(model._trials, "if not 1 <= count <= MOST_TRIALS:"),
    "keys known": no(validate._problem, 'if kind == "extra_forbidden":'),
    "keys needed": no(validate._problem, 'if kind == "missing":', 'if kind == "too_short":'),
    "version": no(resolve._migrated, "if not known or (version != VERSION and version not in MIGRATIONS):"),
    "day of a scenario": [
        *no(values.day, "if parts is None:"),
        *put(values.day, ('refuse("S020", f"is a day that {why}", remedy)', "value = date(2026, 2, 28)")),
    ],
    "lengths": put(
        frame.read_end, ('problems.add(tree.problem("S021", message, ("horizon",), file.horizon))', "pass")
    ),
    "weeks": put(periods.length_end, ("count * (7", "count * (5")),
    "horizon": no(frame.read_end, "if not 1 <= (end - file.as_of).days <= LONGEST_DAYS:"),
    "names of folders": no(
        model._name, r'if not re.fullmatch(r"[^\W_][\w .+-]{0,99}", name) or name[-1] in ". ":'
    ),
    "currency of a scenario": no(model._currency, "if not is_currency(code):"),
    "rates above 0": no(model._rate, "if not 1e-9 < value < 1e9:"),
    "a rate a day": no(model._steps, "if len({s.first for s in result}) < len(result):"),
    "time zones": put(
        frame.read_zone,
        ('problems.add(tree.problem("S027", message, ("time_zone",), file.time_zone))', "pass"),
    ),
    "chances": no(values.chance, 'if found is None or found[1] not in ("", "%"):', "if not 0 <= value <= 1:"),
    "rising ladder": no(funnels._check_ladder, "if ladder[s] < ladder[s - 1]:"),
    "laws": no(laws._check, "if given not in forms:"),
    # ---- --set
    "set has a value": no(
        settings.parse_setting, 'if not path or operator is None or (at and text[at - 1] == "."):'
    ),
    "set is YAML": put(
        settings.parse_setting,
        (
            'raise SettingError("S017", text, f"the value of --set is not YAML: {error}", _FORM) from None',
            "value = None",
        ),
    ),
    "set leads somewhere": [
        *no(settings._carry_out, "if not targets:"),
        *put(
            settings._check_names,
            ("if name in (*known, *every) or whole or listed or not names_at(keys[:at]):", "if True:"),
        ),
    ],
    "set changes numbers": no(settings._computed, "if first is None:"),
    "set": put(
        settings._carry_out, ("holder[last] = overlaid({}, new) if isinstance(new, dict) else new", "pass")
    ),
    # ---- payment terms
    "net": put(grammar._Parser.net, ("DueRule(net_days=days)", "DueRule(net_days=days + 1)")),
    "whole numbers of terms": no(
        grammar._Parser.whole,
        "if token.number is None:",
        'if "." in token.word or not least <= token.number <= most:',
    ),
    "signs of terms": put(
        grammar._Parser.scan,
        ('self.fail(position, f"unexpected {self.text[position]!r}", _EXAMPLES)', "position += 1; continue"),
    ),
    "one meaning": put(
        grammar._Parser.ambiguous, ('self.fail(at, f"{days} days with EOM is ambiguous", remedy)', "pass")
    ),
    "end of month": [
        *put(grammar._Parser.net, ("day=31", "day=None")),
        *put(grammar._Parser.eom, ("day=31", "day=None")),
    ],
    "unit of a length": no(grammar._Parser.length, "if self.word not in _MONTHS:"),
    "a number has its rule": put(
        grammar._Parser.bare_number,
        (
            'self.fail(begin, "a number without its rule", f"did you mean `net {given}`? Or {_DUE_RULES}")',
            "return DueRule(net_days=int(given))",
        ),
    ),
    "day of a month": [
        *put(grammar._Parser.prox, ("day=day", "day=1")),
        *put(grammar._Parser.bare_number, ("day=day", "day=1")),
    ],
    "brackets of terms": no(grammar._Parser.expect, "if not self.take(word):"),
    "discounts": put(grammar._Parser.discount, ("token.number / 100", "token.number / 10")),
    "discount within the term": no(
        grammar._Parser.invoice, "if discount and due.day is None and discount.days > due.net_days:"
    ),
    "discount above 0": no(
        grammar._Parser.discount, "if token.number is None or not 0 < token.number < 100:"
    ),
    "cash in advance": put(grammar._Parser.invoice, ('self.word == "cia"', "False")),
    "receipt": put(grammar._Parser.due, ("return DueRule()", "return NET_30")),
    "prepaid": no(grammar._Parser.terms, 'if self.take("prepaid"):'),
    "parts": put(grammar._Parser.percent, ("token.number / 100", "token.number / 10")),
    "shares add up": no(grammar._Parser.parts, "elif rest:"),
    "something is left": no(grammar._Parser.parts, "elif balance is not None:"),
    "one balance": put(grammar._Parser.parts, ("    if balance is not None:", "    if False:")),
    "share above 0": no(grammar._Parser.parts, "if not share:"),
    "share at most 1": no(grammar._Parser.percent, "if token.number > 100:"),
    "events": no(grammar._Parser.part, "if event is None:"),
    "share given": no(grammar._Parser.terms, 'if self.word == "on" and self.ahead(1) in EVENTS:'),
    "periods": [
        *put(grammar._Parser.periodic, ("_PERIODS[period], arrears", "1, False")),
        *put(grammar._Parser.every, ("length, uplift)", "length, Fraction(0))")),
    ],
    "periods say when": [
        *put(grammar._Parser.periodic, ('self.expect("in", form)', 'self.take("in")')),
        *put(grammar._Parser.arrears, ("self.unexpected(remedy)", "return False")),
    ],
    "a period fits": no(grammar._Parser.every, "if every > length:"),
    "months of terms": put(grammar._Parser.months, ("*_MONTHS", "*_MONTHS, *_DAYS")),
    "nothing left over": no(grammar._Parser.finish, "if self.word:"),
    "words known": put(
        grammar._Parser.due, ("self.unexpected(_DUE_RULES)", "self.next(); return self.net()")
    ),
    "length of terms": no(grammar._Parser.__init__, "if len(text) > LONGEST_TEXT:"),
    "something of terms": no(grammar._Parser.terms, 'if self.word == "":'),
    # ---- workbooks
    "serials": put(number_formats._moment, ("31 if days < _LEAP else 30", "31")),
    "types need no customs": put(sheet_layout.lay_out, ("typed.add(at)", "pass")),
    "digits of a workbook": known(number_formats, "_CERTAIN", ("", 17)),
    "noughts in front": no(
        number_formats.written, "if form.zeros and number >= 0 and number == int(number):"
    ),
    "both calendars": put(sheets.read_book, ('flags[flag] |= attributes.get(flag) in ("1", "true")', "pass")),
    "values of formulas": put(sheets._SheetReader._end_cell, ("if idle or not self._has_value:", "if True:")),
    "formulas have values": no(sheets._SheetReader._end_cell, "if idle or not self._has_value:"),
    "no errors in cells": no(sheet_layout._lacking, "if errors:"),
    "one kind a column": no(sheet_layout._mixed, "if dates:", "if amounts:"),
    "the header is found": put(
        sheet_layout._is_header, ("len(row) >= max(2.0, _WIDE * widest) and len(set(texts)) >= 2 and", "")
    ),
    "rows of a sheet": put(
        sheet_layout.lay_out, ("tuple(at + 1 for at in body)", "tuple(n + 2 for n, _ in enumerate(body))")
    ),
    "totals": put(totals._is_total, ("if not _LABEL.fullmatch(label):", "if True:")),
    "text below": put(totals._below, ("if len(table.header) < _FEWEST:", "if True:")),
    "header again": no(
        totals.put_aside, "if row[0].strip() == header[0] and [cell.strip() for cell in row] == header:"
    ),
    "blank columns": put(
        sheet_layout.lay_out,
        (
            "sorted({c for c in header.titles} | {c for row in body.values() for c in row})",
            "list(range(len(header.titles)))",
        ),
    ),
    "merged titles": no(
        sheet_layout._bottom,
        'if below and all(cell.kind == "text" for cell in below.values()) and over <= set(below):',
    ),
    "one sheet": put(workbook._only, ("if len(visible) == 1:", "if visible:")),
    "hidden sheets": put(workbook._only, (" if name not in book.hidden", "")),
    "named sheet": put(
        workbook.read_workbook, ("_chosen(book, sheet) if sheet is not None else _only(book)", "_only(book)")
    ),
    "some table": no(workbook._only, "if not named:"),
    "a workbook's parts": no(workbook._check_kind, 'if "[Content_Types].xml" not in archive.parts:'),
    "whole files": no(archive._check_directory, "if at < 0 or len(tail) - at < _END_SIZE:"),
    "sound parts": put(
        markup.read_markup,
        ('raise archive.refusal("D060", f"the part {part} is damaged: {error}") from None', "return"),
    ),
    "no entities": put(markup.read_markup, ("parser.StartDoctypeDeclHandler = doctype", "pass")),
    "depth of a part": no(markup.read_markup, "if depth > DEEPEST:"),
    "bounds of a zip": no(
        archive._check,
        "if part.file_size > HARMLESS and part.file_size > DENSEST * part.compress_size:",
        "if len(parts) > MOST_PARTS:",
    ),
    "texts of a workbook": no(sheets._SheetReader._cell, "if not 0 <= at < len(self._book.texts):"),
    "bounds of a sheet": no(sheets._SheetReader._begin_row, "if not 0 <= self._at < LAST_ROW:"),
}
