"""List every code of a problem or a note, with its rule and its remedy; a code keeps its meaning for ever."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Code(NamedTuple):
    """What a code means."""

    title: str
    rule: str
    remedy: str


CODES: Final = MappingProxyType(
    {
        # ---- scenario files: how they are written
        "S001": Code("not YAML", "scenarios are YAML 1.2", "check indentation, colons and quotes there"),
        "S002": Code("too large a file", "a scenario has at most 128 KB", "keep tables in CSV files"),
        "S003": Code("an alias or anchor", "no & and *: they can blow up a file", "write the value out"),
        "S004": Code("a tag", "no ! tags: a scenario holds plain values only", "leave the tag out"),
        "S005": Code("too deep", "at most 32 levels of mappings and lists", "flatten it"),
        "S006": Code("a key twice", "each key of a mapping stands once", "leave one of them out"),
        "S007": Code("wrong encoding", "scenarios are UTF-8 without control characters", "save it as UTF-8"),
        "S008": Code("not one mapping", "one mapping of plain keys to values", "write `key: value` lines"),
        "S009": Code("extends in a circle", "a chain of extends ends", "let the last file extend nothing"),
        # ---- keys and values
        "S010": Code("unknown key", "only keys of the format may stand here", "see simulator schema"),
        "S011": Code("not yet", "the format knows this key, this version does not use it", "leave it out"),
        "S012": Code("missing key", "the key is needed", "add it"),
        "S013": Code("unfit value", "each key has its type and range", "see simulator schema"),
        "S014": Code("not a chance", "chances are from 0 to 1, or per cent", "write 0.6 or 60%"),
        "S015": Code("no such file", "paths are relative to the file that states them", "correct the path"),
        "S016": Code("unknown version", "this program reads version 1", "update the program, or the file"),
        "S017": Code("unreadable --set", "--set PATH=VALUE, PATH+=VALUE or PATH*=VALUE", "quote odd names"),
        "S018": Code("--set without aim", "the path must lead somewhere", "see simulator show for paths"),
        "S019": Code("--set without number", "+= and *= change a number that is set", "use ="),
        "S020": Code("not a date", "dates are year-month-day and exist", "write for example 2026-10-31"),
        "S021": Code("not a length", "lengths are 18m, 90d, 13w, 2q, 2y", "write for example 18m"),
        "S022": Code("not an amount", "amounts are major units, such as 6M or 250k", "write 6M or 6000000"),
        "S023": Code("unfit name", "a name is also a folder", "use letters, digits, dots, - and _"),
        "S024": Code("unknown currency", "currencies are ISO 4217 codes", "write for example EUR"),
        "S025": Code("unfit rate", "rates are above 0, one a currency and day", "write {USD: 0.92}"),
        "S026": Code("unknown country", "countries are ISO codes with known holidays", "write DE or US"),
        "S027": Code("unknown time zone", "time zones are IANA names", "write for example Europe/Berlin"),
        "S028": Code("unfit horizon", "from one day to ten years after as_of", "write for example 18m"),
        # ---- funnels
        "S030": Code("unfit stages", "a funnel has open stages, none named as won or lost", "rename it"),
        "S031": Code("no chance or two forms", "all stages have close, or all have advance", "use one form"),
        "S032": Code("falling ladder", "chances to close rise from stage to stage", "let them rise"),
        "S033": Code("ladder against moves", "back, skip and moves must leave room", "lower them"),
        "S034": Code("chances above 1", "the chances of a stage's next moves add to at most 1", "lower them"),
        "S035": Code("no way out", "every stage reaches won or lost", "let some chance lead on"),
        "S036": Code("unfit move", "moves lead to other stages of the funnel", "name a stage"),
        "S037": Code("no times", "days for each stage, or one cycle", "add cycle: {median: 120d}"),
        "S038": Code("unfit law", "a law has the keys of one form", "write {median: 20, p90: 50}"),
        "S039": Code("too small a worth", "a table is worth at least 5 closed deals", "write 5 or more"),
        "S040": Code("unfit market", "shared and segment together, at most 0.5", "set both or none"),
        "S041": Code("shares do not add up", "shares add to 1", "correct the shares"),
        # ---- names and windows
        "S042": Code("unknown segment", "segments are named under segments", "correct the name"),
        "S043": Code("unfit window", "a target has a period, or from and until", "write by: FY2027"),
        "S044": Code("beyond the horizon", "targets end inside the horizon", "lengthen the horizon"),
        "S045": Code("unreadable terms", "payment terms can be read in one way", "write net 30"),
        "S046": Code("unfit payment", "days late that rise to a share of at most 1", "see docs/formats.md"),
        "S047": Code("unfit rule for segments", "a column with a map, or bands", "see docs/formats.md"),
        "S048": Code("unfit new pipeline", "rates by month, amounts, entry stages", "see docs/formats.md"),
        # ---- tables
        "D001": Code("empty file", "a table has a header", "export it again"),
        "D002": Code("wrong encoding", "tables are UTF-8", "save it as CSV UTF-8"),
        "D003": Code("not a table", "tables are CSV with , ; or tab", "save it as CSV"),
        "D004": Code("a column twice", "each column has a name of its own", "rename one of them"),
        "D005": Code("ragged row", "each row has as many cells as the header", "quote cells with separators"),
        "D006": Code("missing column", "some columns are needed", "map it under data.columns"),
        "D007": Code("no such column", "mapped columns exist", "correct data.columns"),
        "D008": Code("no id", "each row has an id", "fill it in"),
        "D009": Code("an id twice", "ids are unique", "keep one of the rows"),
        "D010": Code("unknown stage", "stages are those of the segment", "correct it, or add the stage"),
        "D011": Code("unknown segment", "segments are those of the scenario", "map it under data.segment"),
        "D012": Code("no segment", "with several segments each row has one", "fill it in"),
        "D013": Code("not a date", "dates exist and are written one way", "set data.date_order"),
        "D014": Code("amount is not a number", "amounts are major units", "set data.decimal"),
        "D015": Code("negative amount", "amounts are at least 0", "leave the row out"),
        "D016": Code("unknown currency", "currencies are ISO 4217 codes", "write for example EUR"),
        "D017": Code("no rate", "each currency has a rate", "add it under rates"),
        "D018": Code("not a chance", "probabilities are 0 to 1, or 0 to 100 per cent", "correct it"),
        "D019": Code("unreadable terms", "payment terms can be read in one way", "write net 30"),
        "D020": Code("unknown outcome", "outcomes are won, lost, or empty", "correct it"),
        "D021": Code("unfit months", "service_months is a whole number from 1 to 600", "correct it"),
        "D022": Code("due before invoiced", "an invoice is due on its date or later", "correct the dates"),
        "D023": Code("no amount", "open and won deals and invoices have an amount", "fill it in"),
        "D024": Code("no date", "invoices have both dates", "fill it in"),
        "D025": Code("no stage", "deals have a stage, or an outcome", "fill it in"),
        # ---- notes: nothing is wrong, but somebody should know
        "W001": Code("created later", "what was created after as_of is left out", ""),
        "W002": Code("stage then unknown", "closed or moved after as_of, and its stage then not known", ""),
        "W003": Code("closed later", "closed after as_of, so open then, at the last stage known", ""),
        "W004": Code("not to be placed", "without dates nobody knows whether it was there at as_of", ""),
        "W005": Code("won without a date", "a win without its date is in no period", ""),
        "W006": Code("invoiced later", "what was invoiced after as_of is left out", ""),
        "W007": Code("target has ended", "targets that ended before the forecast are left out", ""),
        "W008": Code("older version", "files of older versions are read as this one", ""),
        "W009": Code("stage as exported", "the table is younger than as_of, the stage may be too", ""),
        "W010": Code("stale deals", "longer in their stage than 999 of 1,000 ever are", "close or move them"),
        "W011": Code("overdue dates", "stated close dates that have passed say nothing", "ask for new ones"),
        "W012": Code("month ends", "stated dates heap at month ends: placeholders", "ask for real dates"),
        "W013": Code("one large deal", "one deal is above 30 % of all that is open", "look at it by itself"),
        "W014": Code("no receivables", "invoices already written are missing", "name them as data.invoices"),
        "W015": Code("set, not learned", "nobody has checked the percentages", "compare them with history"),
        "W016": Code("open deals only", "new deals cannot be estimated from survivors", "set new_pipeline"),
        "W017": Code("no created dates", "new deals are estimated from created dates", "set new_pipeline"),
        "W018": Code("few created dates", "a rate from few deals is rough", "set new_pipeline"),
    }
)
