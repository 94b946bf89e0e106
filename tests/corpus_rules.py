"""What sees to the corpus: each rule by the code that keeps it, and that code without it."""

import importlib
import re

from taken import take_away

from simulator.terms.grammar import parse_terms


def no(function, *tests):
    """A function in which tests never hold."""
    return [(function, test, f"{test.split()[0]} False:") for test in tests]


def put(function, *pairs):
    """A function with other code at some places."""
    return [(function, there, instead) for there, instead in pairs]


def known(constant, *pairs):
    """A pattern, or a table of them, with other pieces; anything else becomes what it is given."""
    return [((constant,), there, instead) for there, instead in pairs]


def do_without(name, monkeypatch):
    """Let the program do without a rule."""
    functions = []
    for owner in dict.fromkeys(owner for owner, _, _ in RULES[name]):
        pairs = [(there, instead) for one, there, instead in RULES[name] if one == owner]
        holder, last, found = found_at(owner[0] if isinstance(owner, tuple) else owner)
        if isinstance(owner, tuple):
            monkeypatch.setattr(holder, last, without(found, pairs))
        else:
            functions += [(found, there, instead) for there, instead in pairs]
    take_away(functions, monkeypatch)
    parse_terms.cache_clear()


def found_at(path):
    """Where something stands, its name there, and what it is."""
    parts = path.split(".")
    at = next(i for i, part in enumerate(parts) if part[0].isupper() or part[0] == "_" or i == len(parts) - 1)
    holder = importlib.import_module(".".join(("simulator", *parts[:at])))
    for part in parts[at:-1]:
        holder = getattr(holder, part)
    return holder, parts[-1], getattr(holder, parts[-1])


def without(constant, pairs):
    """A pattern, or a table of patterns, with texts replaced; anything else becomes what it is given."""
    if isinstance(constant, re.Pattern):
        pattern = constant.pattern
        for there, instead in pairs:
            assert there in pattern, f"the pattern keeps the rule no more: {there}"
            pattern = pattern.replace(there, instead)
        return re.compile(pattern, constant.flags)
    if isinstance(constant, dict) and all(isinstance(one, re.Pattern) for one in constant.values()):
        fitting = {key: [pair for pair in pairs if pair[0] in one.pattern] for key, one in constant.items()}
        return {key: without(one, fitting[key]) for key, one in constant.items()}
    return pairs[0][1]


CHOSEN = "result[at] = verdict.choice or common"
NUMBER = "minor = number * int(10**power) if power >= 0 else number // int(10**-power)"

RULES = {
    # ---- dates
    "iso": known("loading.dates._YEAR_FIRST", (r"\d{4}", r"\d{5}")),
    "day exists": put(
        "loading.dates.parse_moment",
        ("date(year, month, day)", "date(year, min(max(month, 1), 12), min(max(day, 1), 28))"),
    ),
    "years": [
        *no("loading.dates.parse_moment", "if not 1900 <= year < 2200:"),
        *put("loading.dates.parse_moment", ("date(year, month, day)", "date(max(year, 1), month, day)")),
    ],
    "blanks": [
        *put("loading.dates.parse_moment", ("text = text.strip()", "pass")),
        *put("loading.cells.Cells.texts", (".strip()", "")),
    ],
    "one separator": known("loading.dates._YEAR_FIRST", ("(?P=mark)", "[./-]")),
    "compact": known("loading.dates._YEAR_FIRST", (r"|(?P<mm>\d{2})(?P<dd>\d{2})", "|(?P<mm>x)(?P<dd>x)")),
    "no part of a date": put(
        "loading.dates.parse_moment",
        ('raise DateError("is not a date", _guess(text))', "return date(2027, 1, 1), None"),
    ),
    "no serial": known("loading.dates._SERIAL", ("[2-6]", "x")),
    "month names": known("loading.dates._MONTHS", ("", {})),
    "months known": put(
        "loading.dates._parts",
        ('_MONTHS.get(match["name"].casefold())', '_MONTHS.get(match["name"].casefold(), 1)'),
    ),
    "day first": put(
        "loading.dates._parts", ('((one, two) if order == "mdy" else (two, one))', "(one, two)")
    ),
    "month first": put(
        "loading.dates._parts", ('((one, two) if order == "mdy" else (two, one))', "(two, one)")
    ),
    "century": put("loading.dates._year", ("if len(text) > 2", "if True")),
    "one day in both orders": put("loading.dates._parts", ("and one != two", "")),
    "year first": no("loading.dates._parts", 'if order == "ymd" and has_short_year(text):'),
    "year last": put("loading.short_years.ShortYears.stand_last", ("self.lead >= _CLEAR", "False")),
    "year first or last": put("loading.short_years.ShortYears.stand_last", ("self.lead >= _CLEAR", "True")),
    "order of a column": put("loading.customs._Kind.found", (CHOSEN, "result[at] = self.usual")),
    "points tell": put("loading.dates.fitting_orders", ('None if match["mark"] == "." else', "")),
    "open order": no(
        "loading.customs._Kind.found", "elif verdict.choice is None and (common is None or verdict.against):"
    ),
    "two orders": put(
        "loading.customs._Kind._verdict",
        (
            "if doubtful is None or not others or most >= _SLIP * sum(count for _, count in others):",
            "if True:",
        ),
    ),
    "a slip in a column": put(
        "loading.cells.Cells._setting",
        ('return f"the column has {WAYS[found]} elsewhere: correct this one"', "pass"),
    ),
    "offset": put("loading.dates._local", ("return moment.astimezone(zone).date(),", "return day,")),
    "offset exists": no("loading.dates._offset", "if hours > 15 or minutes > 59:"),
    "time exists": no("loading.dates._local", "if hour > 23 or minute > 59 or second > 60:"),
    "half days": put(
        "loading.dates._local", ('hour = hour % 12 + (12 if half.upper() == "PM" else 0)', "pass")
    ),
    "won without a day": no("loading.deals._Reader.win", "if row.closed is None:"),
    "days in order": no("loading.deals._Reader.place", "if _in_disorder(row):"),
    "known at as_of": no(
        "loading.deals._Reader.place",
        "if (row.created or 0) > 0:",
        'if row.status != "open" and (row.closed or 0) > 0:',
    ),
    "closed yet open": no(
        "loading.deals._Reader.place",
        'elif row.status == "open" and row.closed is not None and row.closed <= 0:',
    ),
    # ---- amounts
    "plain": [
        *put("money.parse_amount", ("return int(plain[1]", "return 1 + int(plain[1]")),
        *put("money._read_number", (NUMBER, f"{NUMBER}; minor += 1")),
    ],
    "exact": put(
        "money.parse_amount",
        (
            "return int(plain[1] + part) * int(10 ** (digits - len(part)))",
            'return int(float(f"{plain[1]}.{part or 0}") * 10**digits)',
        ),
    ),
    "sign": put("money._strip_sign", ('text[:1] in ("-", "+")', 'text[:1] == "-"')),
    "missing": no("loading.cells.Cells.money", "if needed:"),
    "a number": [
        *put("money._read_number", ("raise _no_number(text, bare, decimal)", "return 0")),
        *put("money.parse_amount", ('raise _no_number(text, "", decimal)', "return 0")),
    ],
    "finite": [
        *no("money._check_unit", 'if known is None and unit.upper() in ("NAN", "INF"):'),
        *no("money._no_number", 'if bare.casefold() in ("nan", "inf", "infinity", "∞"):'),
    ],
    "scientific": no("money._no_number", "if _SCIENTIFIC.fullmatch(bare):"),
    "bound": no("money._read_number", "if minor >= LIMIT:"),
    "length": no("money._read_number", "if len(bare) > 60:"),
    "negative": no("money.parse_amount", "if negative and minor and not allow_negative:"),
    "zero has no sign": put("money.parse_amount", ("negative and minor and not", "negative and not")),
    "thousands": put(
        "money._read_number", ('match["whole"].replace(group, "")', 'match["whole"].split(group)[0]')
    ),
    "lakhs": put("money._read_number", (' or match.groupdict().get("lakh")', "")),
    "spaces": known("money._SPACES", ("", {})),
    "groups of three": known("money._NUMBER", ("[0-9]{3}", "[0-9]+"), ("[0-9]{0,2}", "[0-9]*")),
    "one mark of groups": known("money._NUMBER", ("(?P=group)", "[ ',]")),
    "no zero before thousands": known("money._NUMBER", ("[1-9][0-9]{0,2}", "[0-9]{1,3}")),
    "comma set": put("loading.customs.written", ('customs.decimal or "."', '"."')),
    "mark of a column": put("loading.customs._Kind.found", (CHOSEN, "result[at] = self.usual")),
    "point of a column": put("loading.customs._Kind.found", (CHOSEN, 'result[at] = ","')),
    "open mark": no(
        "loading.customs._Kind.found", "elif verdict.choice is None and (common is None or verdict.against):"
    ),
    "two marks": put(
        "loading.customs._Kind._verdict",
        (
            "if doubtful is None or not others or most >= _SLIP * sum(count for _, count in others):",
            "if True:",
        ),
    ),
    "short forms": known("money._SUFFIXES", ("", {"": 0, "k": 0, "m": 0, "bn": 0})),
    "short and grouped": no("money._read_number", "if group and suffix:"),
    "unit": put(
        "money.parse_amount",
        ("_strip_unit(text.translate(_SPACES).strip())", "None, text.translate(_SPACES).strip()"),
        ("unit, bare = _strip_unit(bare)", "pass"),
    ),
    "unit known": no("money._check_unit", "if known is None and not is_currency(unit.upper()):"),
    "unit fits": no("money._check_unit", "if currency is not None and currency not in known:"),
    "capitals of a code": put("loading.cells.Cells._read_money", (".upper()", "")),
    "code known": no("loading.cells.Cells._read_money", "if not is_currency(code):"),
    "rate": no("loading.cells.Cells._read_money", "if code != rates.company and code not in rates.steps:"),
    "minor units": put("money.minor_digits", ("return CURRENCIES[code]", "return 2")),
    "decimals": put("money._read_number", ("if power < 0 and (", "if False and (")),
    "zeros too many": put("money._read_number", ("if power < 0 and (", "if power < 0 or (")),
    "lost needs no amount": put("loading.deals._Reader.major", ("needed=False", "needed=True")),
    # ---- text files
    "something": no("loading.sources.text._Reader.table", "if len(cells) <= self.layout.titles:"),
    "no row is no fault": put(
        "loading.sources.text._Reader.table", ("<= self.layout.titles:", "<= self.layout.titles + 1:")
    ),
    "signatures": [
        *known("loading.sources.text._SIGNATURES", ("", {})),
        *no("loading.sources._read", "if first.startswith(workbook.OLD_SIGNATURE):"),
    ],
    "byte order mark": [
        *known("loading.sources.encodings._BOMS", ("", ())),
        *put("loading.sources.text._Reader._head", ('.replace("\\ufeff", "")', "")),
    ],
    "UTF-16": known("loading.sources.encodings._BOMS", ("", ())),
    "UTF-16 whole": no(
        "loading.sources.encodings.find_encoding", "if (line := _fault(source, codec)) is not None:"
    ),
    "no NUL": no("loading.sources.encodings.find_encoding", "if (line := _nul(source)) is not None:"),
    "cp1252": put("loading.sources.encodings._single_byte", ('return "cp1252"', 'return "cp1251"')),
    "cp1251": put("loading.sources.encodings._single_byte", ('return "cp1251"', 'return "cp1252"')),
    "UTF-8": put(
        "loading.sources.encodings.find_encoding", ('return "utf-8", "UTF-8"', 'return "cp1252", "UTF-8"')
    ),
    "line ends": put("loading.sources.text._read", ('newline=""', r'newline="\n"')),
    "lines are counted": put("loading.sources.text._Reader._blocks", ("begin = 1", "begin = 0")),
    "quotes": put("loading.sources.text._Reader._blocks", ("strict=True", "quoting=csv.QUOTE_NONE")),
    "quotes close": put("loading.sources.text._Reader._blocks", ("strict=True", "strict=False")),
    "delimiter": known("loading.sources.text_layout._USUAL", ("", {",": "commas"})),
    "any delimiter": known(
        "loading.sources.text_layout._USUAL", ("", {",": "commas", ";": "semicolons", "\t": "tabs"})
    ),
    "sep line": no("loading.sources.text_layout.find_layout", "if match := _SAID.match(sample):"),
    "drawn lists": no("loading.sources.text_layout.find_layout", "if _is_framed(best):"),
    "titles of two cells": put(
        "loading.sources.text_layout._titles", ("(2 if one.width >= _WIDE else 1)", "1")
    ),
    "titles differ": [
        *put("loading.tables.names_twice", ("if counts[title] > 1", "if False")),
    ],
    "capitals of titles": put(
        "loading.tables.Table.column", ("title.casefold() == name.casefold()", "title == name")
    ),
    "exact titles first": no("loading.tables.Table.column", "if name in self.header:"),
    "blanks of titles": put(
        "loading.sources.text._Reader._head", ('" ".join(title.replace("\\ufeff", "").split())', "title")
    ),
    "no title": put("loading.sources.text._Reader._head", ('f"column {i + 1}"', '"id"')),
    "empty at the end": put(
        "loading.sources.text._Reader._head",
        ("while width > 1 and not titles[width - 1].strip():", "while False:"),
    ),
    "empty cells at the end": put(
        "loading.sources.text._Reader._fitted",
        ("while len(record) > width and not record[-1].strip():", "while False:"),
    ),
    "as many cells": no("loading.sources.text._Reader._fitted", "if len(record) != width:"),
    "blank rows are none": put(
        "loading.sources.text._Reader._blocks",
        ("bool(cells and (cells[0].strip() or any(map(str.strip, cells))))", "bool(cells)"),
    ),
    # ---- deals
    "id": [
        *no("loading.deals._rows", "if not identity:"),
        *no(
            "loading.invoices._document",
            'if not cells.text(row, "id") and kind_of(cells, row) in ("invoice", "part"):',
        ),
    ],
    "id once": no("loading.cells.Cells.is_twice", "if first != row:"),
    "ids keep capitals": put(
        "loading.cells.Cells.is_twice",
        ("seen.setdefault(identity, row)", "seen.setdefault(identity.casefold(), row)"),
    ),
    "ids are texts": put(
        "loading.deals._rows", ("identity, stage = ids[row],", 'identity, stage = ids[row].lstrip("0"),')
    ),
    "stage": no("loading.deals._status", 'if not stage and said in (None, "open"):'),
    "stage known": no("loading.deals._Reader.stage", "if found is None:"),
    "capitals of stages": put("loading.deals._Reader.stage", ("row.stage.casefold()", "row.stage")),
    "lost begins so": put("loading.funnels.EndNames.is_lost", ('startswith("lost")', '__eq__("lost")')),
    "names of won": put("loading.funnels.EndNames.is_won", (" or name.casefold() in self.won", "")),
    "names of lost": put("loading.funnels.EndNames.is_lost", (" or name.casefold() in self.lost", "")),
    "stage and outcome agree": no("loading.deals._status", "if said and ending and said != ending:"),
    "outcome known": no("loading.deals._status", "if outcome and not said:"),
    "outcome alone": put("loading.deals._status", ("ending or said or", "ending or")),
    "probability": no("loading.columns.Columns.probability", "if value is None:"),
    "months": no(
        "loading.cells.Cells.months",
        "if value is None or value != int(value) or not 1 <= value <= LONGEST_MONTHS:",
    ),
    "terms of a deal": put(
        "loading.columns.Columns.terms",
        ('self.cells.complain("D019", message, row, "terms", text, error.remedy)', "pass"),
    ),
    # ---- the mapping
    "columns needed": no("loading.cells.find_columns", "elif ours in needed:"),
    "mapped columns exist": no("loading.cells.find_columns", "elif ours in named:"),
    "mapped columns": put("loading.cells.find_columns", ("named.get(ours, ours)", "ours")),
    "files exist": no("loading.places.Project.path", "if not is_there(path, folders):"),
    "choices": no("loading.validate._problem", 'if kind == "literal_error":'),
    "unread columns": put(
        "loading.given._note_unread", ("(meant := nearest(title, lacking)) is None", "True")
    ),
    "segment given": put(
        "loading.sorting._Finder.by_name",
        ('self.complain("D012", "the row has no segment", row, None, None)', "pass"),
    ),
    "segment known": no("loading.sorting._Finder.by_name", "if found is None and complain:"),
    "segment map": put("loading.sorting._Finder.__init__", ("self.known[theirs.casefold()] = ", "_ = ")),
    "bands": put("loading.sorting._Finder.in_bands", ("max(fitting)", "min(fitting)")),
    "bands begin at 0": no(
        "scenario.model._bands", "if min(bounds.values()) > 0 or len(set(bounds.values())) < len(bounds):"
    ),
    # ---- invoices
    "due after written": no("loading.invoices._document", "if one.due < one.written:"),
    "due on its own day": put(
        "loading.invoices._document", ("one.due < one.written", "one.due <= one.written")
    ),
    "days of invoices": no(
        "loading.invoices._document",
        'if day is None and not cells.text(row, column) and not (column == "due_date" and by_terms):',
    ),
    "invoiced by as_of": no("loading.invoices._document", "if one.written > today:"),
    "paid by as_of": no("loading.settling._balance", "if one.paid is not None and one.paid > until:"),
    "paid after written": no(
        "loading.settling._parts",
        "if any(day is not None and one.written is not None and day < one.written for day, _ in piece.paid):",
    ),
    "invoiced is won": no("loading.money_suspicions._note_invoices", "if still_open.any():"),
    "tax within the amount": no(
        "loading.documents._tax_in", "if tax is not None and abs(tax) > abs(amount):"
    ),
    "credit of an invoice": put("loading.documents.kind_of", ("money[0] < 0", "False")),
    "yes or no": no("loading.documents._is_disputed", "if text.casefold() not in _NO:"),
    "capitals of yes": put("loading.documents._is_disputed", ("text.casefold() in _YES", "text in _YES")),
    # ---- YAML
    "one mapping": no("loading.yaml.parse_yaml", "if not isinstance(data, dict):"),
    "one document": no("loading.yaml._checked_events", "if documents > 1:"),
    "no alias": no("loading.yaml._checked_events", "if isinstance(event, AliasEvent):"),
    "no anchor": no(
        "loading.yaml._checked_events", "if isinstance(event, NodeEvent) and event.anchor is not None:"
    ),
    "no tag": no(
        "loading.yaml._checked_events",
        "if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:",
    ),
    "depth": no("loading.yaml._checked_events", "if depth > DEEPEST:"),
    "YAML": put(
        "loading.yaml._checked_events",
        ("raise InputError([_syntax_problem(error, name)]) from None", "return events"),
    ),
    "size": no("loading.yaml.read_yaml", "if len(content) > largest:"),
    "keys once": no("loading.yaml._Composer.mapping", "if key in lines:"),
    "keys are texts": no("loading.yaml._Composer.mapping", "if not isinstance(event, ScalarEvent):"),
    "no control character": no("loading.yaml.parse_yaml", "if control := _CONTROL.search(text):"),
    "only true and false": [
        *known("loading.yaml._TRUE", ("true|", "on|true|")),
        *known("loading.yaml._FALSE", ("false|", "no|false|")),
    ],
    "dates stay texts": put(
        "loading.yaml._plain", ("return text", "return int(text[:4]) if text[:4].isdigit() else text")
    ),
    "no base 60": put("loading.yaml._plain", ("return text", 'return 90 if ":" in text else text')),
    "quotes make texts": no("loading.yaml._Composer.scalar", "if not event.implicit[0]:"),
    "texts are texts": put(
        "loading.validate.scenario_file",
        (
            "error.errors(include_url=False)",
            '[d for d in error.errors(include_url=False) if d["type"] != "string_type"]',
        ),
    ),
    "bases": no("loading.yaml._plain", "if _BASED.fullmatch(text):"),
    "zeros in front": put(
        "loading.yaml._plain", ("return int(text)", 'return int(text, 8 if text[0] == "0" else 10)')
    ),
    "underscores": known("loading.yaml._INTEGER", ("[0-9]+", "[0-9_]+")),
    "digits": no("loading.yaml._plain", "if len(text) > _MOST_DIGITS:"),
    "finite numbers": no("loading.yaml._plain", "if _SPECIAL.fullmatch(text):"),
    # ---- values of a scenario
    "whole numbers": no("scenario.values.whole", "if value != int(value):"),
    "numbers": no("scenario.values.number", "if found is None or found[1]:"),
    "seed": no("scenario.model._seed", "if not 0 <= value < 2**63:"),
    "trials": no("scenario.model._trials", "if not 1 <= count <= MOST_TRIALS:"),
    "keys known": no("loading.validate._problem", 'if kind == "extra_forbidden":'),
    "keys needed": no("loading.validate._problem", 'if kind == "missing":', 'if kind == "too_short":'),
    "version": no(
        "scenario.resolve._migrated", "if not known or (version != VERSION and version not in MIGRATIONS):"
    ),
    "day of a scenario": [
        *no("scenario.values.day", "if parts is None:"),
        *put(
            "scenario.values.day",
            ('refuse("S020", f"is a day that {why}", remedy)', "value = date(2026, 2, 28)"),
        ),
    ],
    "lengths": put(
        "loading.frame.read_end",
        ('problems.add(tree.problem("S021", message, ("horizon",), file.horizon))', "pass"),
    ),
    "weeks": put("periods.length_end", ("count * (7", "count * (5")),
    "horizon": no("loading.frame.read_end", "if not 1 <= (end - file.as_of).days <= LONGEST_DAYS:"),
    "names of folders": no(
        "scenario.model._name", r'if not re.fullmatch(r"[^\W_][\w .+-]{0,99}", name) or name[-1] in ". ":'
    ),
    "currency of a scenario": no("scenario.values.currency", "if not is_currency(code):"),
    "rates above 0": no("scenario.model._rate", "if not 1e-9 < value < 1e9:"),
    "a rate a day": no("scenario.model._steps", "if len({s.first for s in result}) < len(result):"),
    "time zones": put(
        "loading.frame.read_zone",
        ('problems.add(tree.problem("S027", message, ("time_zone",), file.time_zone))', "pass"),
    ),
    "chances": no(
        "scenario.values.chance", 'if found is None or found[1] not in ("", "%"):', "if not 0 <= value <= 1:"
    ),
    "rising ladder": no("loading.funnels._check_ladder", "if ladder[s] < ladder[s - 1]:"),
    "laws": no("scenario.laws._check", "if given not in forms:"),
    # ---- --set
    "set has a value": no(
        "scenario.settings.parse_setting", 'if not path or operator is None or (at and text[at - 1] == "."):'
    ),
    "set is YAML": put(
        "scenario.settings.parse_setting",
        (
            'raise SettingError("S017", text, f"the value of --set is not YAML: {error}", _FORM) from None',
            "value = None",
        ),
    ),
    "set leads somewhere": [
        *no("scenario.settings._carry_out", "if not targets:"),
        *put(
            "scenario.settings._check_names",
            ("if name in (*known, *every) or whole or listed or not names_at(keys[:at]):", "if True:"),
        ),
    ],
    "set changes numbers": no("scenario.settings._computed", "if first is None:"),
    "set": put(
        "scenario.settings._carry_out",
        ("holder[last] = overlaid({}, new) if isinstance(new, dict) else new", "pass"),
    ),
    # ---- payment terms
    "net": put("terms.grammar._Parser.net", ("DueRule(net_days=days)", "DueRule(net_days=days + 1)")),
    "whole numbers of terms": no(
        "terms.grammar._Parser.whole",
        "if token.number is None:",
        'if "." in token.word or not least <= token.number <= most:',
    ),
    "signs of terms": put(
        "terms.grammar._Parser.scan",
        ('self.fail(position, f"unexpected {self.text[position]!r}", _EXAMPLES)', "position += 1; continue"),
    ),
    "one meaning": put(
        "terms.grammar._Parser.ambiguous",
        ('self.fail(at, f"{days} days with EOM is ambiguous", remedy)', "pass"),
    ),
    "end of month": [
        *put("terms.grammar._Parser.net", ("day=31", "day=None")),
        *put("terms.grammar._Parser.eom", ("day=31", "day=None")),
    ],
    "unit of a length": no("terms.grammar._Parser.length", "if self.word not in _MONTHS:"),
    "a number has its rule": put(
        "terms.grammar._Parser.bare_number",
        (
            'self.fail(begin, "a number without its rule", f"did you mean `net {given}`? Or {_DUE_RULES}")',
            "return DueRule(net_days=int(given))",
        ),
    ),
    "day of a month": [
        *put("terms.grammar._Parser.prox", ("day=day", "day=1")),
        *put("terms.grammar._Parser.bare_number", ("day=day", "day=1")),
    ],
    "brackets of terms": no("terms.grammar._Parser.expect", "if not self.take(word):"),
    "discounts": put("terms.grammar._Parser.discount", ("token.number / 100", "token.number / 10")),
    "discount within the term": no(
        "terms.grammar._Parser.invoice", "if discount and due.day is None and discount.days > due.net_days:"
    ),
    "discount above 0": no(
        "terms.grammar._Parser.discount", "if token.number is None or not 0 < token.number < 100:"
    ),
    "cash in advance": put("terms.grammar._Parser.invoice", ('self.word == "cia"', "False")),
    "receipt": put("terms.grammar._Parser.due", ("return DueRule()", "return NET_30")),
    "prepaid": no("terms.grammar._Parser.terms", 'if self.take("prepaid"):'),
    "parts": put("terms.grammar._Parser.percent", ("token.number / 100", "token.number / 10")),
    "shares add up": no("terms.grammar._Parser.parts", "elif rest:"),
    "something is left": no("terms.grammar._Parser.parts", "elif balance is not None:"),
    "one balance": put("terms.grammar._Parser.parts", ("    if balance is not None:", "    if False:")),
    "share above 0": no("terms.grammar._Parser.parts", "if not share:"),
    "share at most 1": no("terms.grammar._Parser.percent", "if token.number > 100:"),
    "events": no("terms.grammar._Parser.part", "if event is None:"),
    "share given": no("terms.grammar._Parser.terms", 'if self.word == "on" and self.ahead(1) in EVENTS:'),
    "periods": [
        *put("terms.grammar._Parser.periodic", ("_PERIODS[period], arrears", "1, False")),
        *put("terms.grammar._Parser.every", ("length, uplift)", "length, Fraction(0))")),
    ],
    "periods say when": [
        *put("terms.grammar._Parser.periodic", ('self.expect("in", form)', 'self.take("in")')),
        *put("terms.grammar._Parser.arrears", ("self.unexpected(remedy)", "return False")),
    ],
    "a period fits": no("terms.grammar._Parser.every", "if every > length:"),
    "months of terms": put("terms.grammar._Parser.months", ("*_MONTHS", "*_MONTHS, *_DAYS")),
    "nothing left over": no("terms.grammar._Parser.finish", "if self.word:"),
    "words known": put(
        "terms.grammar._Parser.due", ("self.unexpected(_DUE_RULES)", "self.next(); return self.net()")
    ),
    "length of terms": no("terms.grammar._Parser.__init__", "if len(text) > LONGEST_TEXT:"),
    "something of terms": no("terms.grammar._Parser.terms", 'if self.word == "":'),
    # ---- workbooks
    "serials": put("loading.sources.number_formats._moment", ("31 if days < _LEAP else 30", "31")),
    "types need no customs": put("loading.sources.sheet_layout.lay_out", ("typed.add(at)", "pass")),
    "digits of a workbook": known("loading.sources.number_formats._CERTAIN", ("", 17)),
    "noughts in front": no(
        "loading.sources.number_formats.written", "if form.zeros and number >= 0 and number == int(number):"
    ),
    "both calendars": put(
        "loading.sources.book.read_book", ("flags[flag] |= attributes.get(flag) in TRUE", "pass")
    ),
    "values of formulas": put(
        "loading.sources.sheets._SheetReader._end_cell", ("if idle or not self._has_value:", "if True:")
    ),
    "formulas have values": no(
        "loading.sources.sheets._SheetReader._end_cell", "if idle or not self._has_value:"
    ),
    "no errors in cells": no("loading.sources.sheet_layout._lacking", "if errors:"),
    "one kind a column": no("loading.sources.sheet_layout._mixed", "if dates:", "if amounts:"),
    "the header is found": put(
        "loading.sources.sheet_layout._is_header",
        ("len(row) >= max(2.0, _WIDE * widest) and len(set(texts)) >= 2 and", ""),
    ),
    "rows of a sheet": put(
        "loading.sources.sheet_layout.lay_out",
        ("tuple(at + 1 for at in body)", "tuple(n + 2 for n, _ in enumerate(body))"),
    ),
    "totals": put(
        "loading.sources.totals._is_total",
        ("if len(label) > _LONGEST or not _LABEL.fullmatch(label):", "if True:"),
    ),
    "text below": put("loading.sources.totals._below", ("if len(table.header) < _FEWEST:", "if True:")),
    "header again": no(
        "loading.sources.totals.put_aside",
        "if first == header[0] and [cell.strip() for cell in row] == header:",
    ),
    "blank columns": put(
        "loading.sources.sheet_layout.lay_out",
        (
            "sorted({c for c in header.titles} | {c for row in body.values() for c in row})",
            "list(range(len(header.titles)))",
        ),
    ),
    "merged titles": no(
        "loading.sources.sheet_layout._bottom",
        'if below and all(cell.kind == "text" for cell in below.values()) and over <= set(below):',
    ),
    "one sheet": put("loading.sources.workbook._only", ("if len(visible) == 1:", "if visible:")),
    "hidden sheets": put("loading.sources.workbook._only", (" if name not in book.hidden", "")),
    "named sheet": no("loading.sources.workbook.read_workbook", "if sheet is not None:"),
    "some table": no("loading.sources.workbook._only", "if not named:"),
    "a workbook's parts": no(
        "loading.sources.workbook._check_kind", 'if "[Content_Types].xml" not in archive.parts:'
    ),
    "whole files": no("loading.sources.archive._check_directory", "if at < 0 or len(tail) - at < _END_SIZE:"),
    "sound parts": put(
        "loading.sources.markup.read_markup",
        ('raise archive.refusal("D060", f"the part {part} is damaged: {error}") from None', "return"),
    ),
    "no entities": put(
        "loading.sources.markup.read_markup", ("parser.StartDoctypeDeclHandler = doctype", "pass")
    ),
    "depth of a part": no("loading.sources.markup.read_markup", "if depth > DEEPEST:"),
    "bounds of a zip": no(
        "loading.sources.archive._check",
        "if part.file_size > HARMLESS and part.file_size > DENSEST * part.compress_size:",
        "if len(parts) > MOST_PARTS:",
    ),
    "texts of a workbook": no(
        "loading.sources.sheets._SheetReader._cell", "if not 0 <= at < len(self._book.texts):"
    ),
    "bounds of a sheet": no(
        "loading.sources.sheets._SheetReader._begin_row", "if not 0 <= self._at < LAST_ROW:"
    ),
}
