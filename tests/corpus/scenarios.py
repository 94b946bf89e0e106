"""Scenario files: how YAML is written, and values that do not fit."""

from written import SCENARIO

from corpus.case import Case, added, changed


def whole(odd, rule, content, refused=None, **reads):
    """A scenario file of its own."""
    return Case(odd, rule, {"scenario": content}, refused, reads)


def said(value, rule, refused=None, **reads):
    """A description: what its YAML means."""
    return added(f"description: {value}", rule, f"description: {value}\n", refused, **reads)


def sets(text, rule, refused=None, **reads):
    """One --set."""
    return Case(f"--set {text}", rule, {"sets": [text]}, refused, reads)


NAME = "name: small"

SCENARIOS = [
    # ---- YAML
    whole("nothing", "one mapping", "", "S008: the file holds no mapping"),
    whole("a list", "one mapping", "- a\n- b\n", "S008: the file holds no mapping"),
    whole("a text", "one mapping", "forecast\n", "S008: the file holds no mapping"),
    added("a second document", "one document", "---\nname: other\n", "S008:14 a second document"),
    added("an alias", "no alias", "description: *x\n", "S003:14 an alias"),
    added("an anchor", "no anchor", "description: &x 1\n", "S003:14 an anchor"),
    whole(
        "a bomb of aliases", "no anchor", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "S003:1 an anchor"
    ),
    added("a tag of Python", "no tag", "description: !!python/object:os.system x\n", "S004:14 a tag"),
    added("a tag of YAML", "no tag", "seed: !!int '7'\n", "S004:14 a tag"),
    added("a merge key", "keys known", "<<: {seed: 7}\n", "S010:14"),
    added("33 levels", "depth", "x: " + "[" * 33 + "]" * 33 + "\n", "S005:14 more than 32 levels"),
    added(
        "a thousand levels", "depth", "x: " + "{a: " * 1000 + "}" * 1000 + "\n", "S005:14 more than 32 levels"
    ),
    added("larger than 128 KB", "size", "# " + "x" * 140_000 + "\n", "S002: the file is larger than 128 KB"),
    added("a key twice", "keys once", "seed: 1\nseed: 2\n", "S006:15"),
    changed(
        "a stage twice",
        "keys once",
        "      Contract",
        "      Proposal: {close: 40%}\n      Contract",
        "S006:12",
    ),
    added("a key twice, one of them quoted", "keys once", "seed: 1\n'seed': 2\n", "S006:15"),
    added("a bell", "no control character", "description: \x07\n", "S007:14 control character"),
    added(
        "a next-line character", "no control character", "description: a\x85b\n", "S007:14 control character"
    ),
    added("a line separator", "no control character", "description: a\u2028b\n", "S007:14 control character"),
    added("a tab before a key", "YAML", "\tseed: 1\n", "S001:14 not YAML"),
    added("a bracket that is never closed", "YAML", "description: [1, 2\n", "S001:15 not YAML"),
    added("a quote that is never closed", "YAML", "description: 'x\n", "S001:15 not YAML"),
    added("an escape that is none", "YAML", 'description: "a\\qb"\n', "S001:14 not YAML"),
    added("a colon in a plain text", "YAML", "description: a: b\n", "S001:14 not YAML"),
    added("a list for a key", "keys are texts", "[a, b]: 1\n", "S008:14"),
    # ---- what a plain value means
    said("no", "only true and false", None, description="no"),
    said("on", "only true and false", None, description="on"),
    said("2026-10-31", "dates stay texts", None, description="2026-10-31"),
    said("'true'", "quotes make texts", None, description="true"),
    said("true", "texts are texts", "S013:14 is not a text"),
    said("12", "texts are texts", "S013:14 is not a text"),
    said("[a]", "texts are texts", "S013:14 is not a text"),
    said("1:30", "no base 60", None, description="1:30"),
    added("a seed of base 8", "bases", "seed: 0o17\n", None, seed=15),
    added("a seed that begins with 0", "zeros in front", "seed: 017\n", None, seed=17),
    added("a seed with underscores", "underscores", "seed: 1_000\n", "S013:14"),
    added("a seed that is half", "whole numbers", "seed: 1.5\n", "S013:14"),
    added("a negative seed", "seed", "seed: -1\n", "S013:14 is no seed"),
    added("a seed of 2**63", "seed", "seed: 9223372036854775808\n", "S013:14 is no seed"),
    added("a number of 60 digits", "digits", "seed: " + "9" * 60 + "\n", "S013:14 too many digits"),
    added("trials that are infinite", "finite numbers", "trials: .inf\n", "S013:14 is not a finite number"),
    added("no trial", "trials", "trials: 0\n", "S013:14 is no number of trials"),
    added("ten million trials and one", "trials", "trials: 10000001\n", "S013:14 is no number of trials"),
    added("trials with a comma", "numbers", "trials: 10,000\n", "S013:14"),
    # ---- keys
    added("a key misspelt", "keys known", "horizn: 12m\n", "S010:14 did you mean horizon"),
    added("a key in capitals", "keys known", "Seed: 1\n", "S010:14 did you mean seed"),
    changed("no currency", "keys needed", "currency: EUR\n", "", "S012:1 currency is missing"),
    changed("no segment", "keys needed", SCENARIO[SCENARIO.index("segments:") :], "segments: {}\n", "S012:8"),
    changed("a version to come", "version", "version: 1", "version: 7", "S016:1"),
    changed("a version that is a text", "version", "version: 1", "version: one", "S016:1"),
    # ---- dates and lengths
    changed("a day that is none", "day of a scenario", "2026-10-31", "2026-02-29", "S020:3"),
    changed("a day the American way", "day of a scenario", "2026-10-31", "10/31/2026", "S020:3"),
    changed("a day with a time", "day of a scenario", "2026-10-31", "2026-10-31T10:00", "S020:3"),
    changed("a horizon in words", "lengths", "horizon: 12m", "horizon: soon", "S021:4"),
    changed("a horizon without a unit", "lengths", "horizon: 12m", "horizon: 12", "S021:4"),
    changed("no horizon at all", "lengths", "horizon: 12m", "horizon: 0m", "S021:4"),
    changed("eleven years", "horizon", "horizon: 12m", "horizon: 11y", "S028:4"),
    changed("a last day that has passed", "horizon", "horizon: 12m", "horizon: 2026-10-31", "S028:4"),
    changed("weeks", "weeks", "horizon: 12m", "horizon: 26w", None, until="2027-05-01"),
    # ---- names, currencies, rates
    changed("a name that climbs", "names of folders", NAME, "name: ../up", "S023:2"),
    changed("a name that is hidden", "names of folders", NAME, "name: .git", "S023:2"),
    changed("a name that ends in a dot", "names of folders", NAME, "name: a.", "S023:2"),
    changed("a name of 101 letters", "names of folders", NAME, "name: " + "n" * 101, "S023:2"),
    changed(
        "a currency in small letters",
        "currency of a scenario",
        "currency: EUR",
        "currency: eur",
        "S024:5 did you mean EUR",
    ),
    changed("a currency by its name", "currency of a scenario", "currency: EUR", "currency: Euro", "S024:5"),
    changed("a rate of nothing", "rates above 0", "USD: 0.9", "USD: 0", "S025:6 is no rate"),
    changed("a negative rate", "rates above 0", "USD: 0.9", "USD: -0.9", "S025:6 is no rate"),
    changed(
        "two rates from one day",
        "a rate a day",
        "USD: 0.9",
        "USD: [{from: 2026-01-01, rate: 0.9}, {from: 2026-01-01, rate: 0.8}]",
        "S025:6 two rates from one day",
    ),
    added("a time zone that is none", "time zones", "time_zone: Mars/Olympus\n", "S027:14"),
    # ---- chances
    changed("a chance above 1", "chances", "close: 30%", "close: 1.3", "S014:11"),
    changed("a chance above 100 %", "chances", "close: 30%", "close: 130%", "S014:11"),
    changed("a negative chance", "chances", "close: 30%", "close: -0.3", "S014:11"),
    changed("a chance in words", "chances", "close: 30%", "close: high", "S014:11"),
    changed("a ladder that falls", "rising ladder", "close: 30%", "close: 85%", "S032:12"),
    changed(
        "a misspelt law",
        "keys known",
        "{median: 20, p90: 50}",
        "{meidan: 20, p90: 50}",
        "S010:11 did you mean median",
    ),
    changed("two forms of a law", "laws", "{median: 20, p90: 50}", "{median: 20, sd: 5}", "S038:11"),
    # ---- --set
    sets("segments.smb", "set has a value", "S017: "),
    sets("targets.*.amount=3", "set leads somewhere", "S018: "),
    sets("segments.smbs.worth=9", "set leads somewhere", "S018: "),
    sets("segments.smb.cycle.median*=2", "set changes numbers", "S019: "),
    sets("seed=[1", "set is YAML", "S017: "),
    sets("seed=7", "set", None, seed=7),
    Case(
        "--set seed+=7", "set", {"scenario": SCENARIO + "seed: 1\n", "sets": ["seed+=7"]}, None, {"seed": 8}
    ),
    sets('segments.smb.stages."Proposal".close=0.2', "set", None, ladder="0.2 0.8"),
]
