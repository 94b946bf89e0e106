"""Hide passwords, keys and tokens in texts that people see or keep, also where they are written wrongly."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

HIDDEN: Final = "***"

_DATABASES: Final = (
    r"(?:postgres|pgsql|redshift|cockroach|mysql|mariadb|mssql|sqlserver|oracle|snowflake|bigquery|databricks"
    r"|mongodb|redis|duckdb|sqlite|clickhouse|trino|presto|hive|db2|teradata|vertica|exasol|hana|amqp)"
)
_NAME: Final = (
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?"
    r"|account[_-]?key|shared[_-]?key|private[_-]?key|credentials?)[\w-]{0,20}|signature(?![\w-])"
    r"|(?<![\w-])(?:pass|pw|sig|auth)(?![\w-])"
)
_QUOTED: Final = (
    r"\"(?:[^\"\\\n]|\\++.|\"\")*+(?:\"|\\?$)|'(?:[^'\\\n]|\\++.|'')*+(?:'|\\?$)|\{[^}\n]*(?:\}|$)"
)
_MASKED: Final = r"\*\*\*(?:[\s\"',;:.&)}\]\\]|$)"
_PORT: Final = r"\d{1,5}(?:[/?#\s\"',;:.)\]>}`]|$)"

# In this order: what masks most of a line comes first. Repetitions are bounded or
# possessive, so that a long text takes no longer than its length.
_SHAPES: Final = (
    # A private key: its block, or what is left of it.
    (r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?s:.*?)(-----END [A-Z ]{0,30}KEY-----|\Z)", r"\1***\2"),
    # Headers.
    (r"((?:proxy-)?authorization[\"']?\s*[:=]\s*|(?:set-)?cookie[\"']?\s*:\s*)[^\n]+", r"\1***"),
    (r"\b(bearer|basic|negotiate|digest)[ \t]+(?=[A-Za-z+/._~-]{0,500}[\d+/=._~])[\w+/=.~-]{6,}",
     r"\1 ***"),
    # A whole URL that was quoted for another one.
    (r"\b([a-z][\w+.-]{1,30}%3A%2F%2F)\S{0,300}?%40", r"\1***%40"),
    # Databases, whatever a password holds, and however many strokes stand before it.
    (rf"({_DATABASES}[\w+.-]{{0,20}}:[\\/]{{0,8}})([^\s:@/\\]{{0,200}}):(?!\*\*\*@)([^\n]{{0,300}})@",
     r"\1\2:***@"),
    # Other URLs: name and password, a password alone, and both where the rest of the URL was cut off.
    (r"([a-z][\w+.-]{1,30}:[\\/]{1,8})([^\s:@/\\]{0,200}):(?!\*\*\*@)(\S{0,150})@", r"\1\2:***@"),
    (r"(\bhttps?:[\\/]{1,8})([^\s:@/\\?#]{12,200})@", r"\1***@"),
    (rf"([a-z][\w+.-]{{1,30}}:[\\/]{{1,8}}[^\s:@/\\\[\]?#]{{1,200}}):(?!\*\*\*|[\\/]|{_PORT})\S+",
     r"\1:***"),
    # The same without a scheme: name:password@host:port, name/password@host:port/service.
    (r"(?<![\w/])(?!mailto:)([\w.%+-]{1,64}):(?!\*\*\*@|[\\/]{2})([^\s@]{1,100}(?:@[^\s@]{0,100})?)"
     r"@(?=[\w-]+(?:\.[\w-]+)*(?::\d+|/)|localhost\b|\d+\.\d+\.|\[)", r"\1:***@"),
    (r"(?<![\w/.])(\w{1,64})/(?!\*\*\*@)([^\s@/\"']{1,200})@(?=//|[\w.-]+:\d+/)", r"\1/***@"),
    # name=value, name: value, --name value, machine … password value, password 'value'.
    (rf"({_NAME})([\"']?\s*(?::=|=>|=|:|%3D)\s*)(?!{_MASKED})(?:{_QUOTED}|\S+)", r"\1\2***"),
    (r"(?<!\w)(-{1,9}(?:password|passwd|pass|pwd|token|secret|api-key)[ \t]+)(?:\"[^\"]*\"|'[^']*'|\S+)",
     r"\1***"),
    (r"\b(login\s{1,9}\S{1,200}\s{1,9}password\s+)\S+", r"\1***"),
    (rf"\b((?:password|passphrase|identified\s+by|secret)\s+)(?:{_QUOTED})", r"\1***"),
    (r"\b(identified\s+by\s+)(?!\*\*\*)\S+", r"\1***"),
    # A line of a file of passwords: host:port:database:user:password.
    (r"(?<![\w.*-])([\w.*-]{1,200}:(?:\d{2,5}|\*):[^\s:]{1,200}:[^\s:]{1,200}):\S+", r"\1:***"),
    # What is known by its form.
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{12,20}\b", HIDDEN),
    (r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|xapp-|npm_|pypi-|hf_|dapi|shp(?:at|ca|pa|ss)_|dop_v1_"
     r"|(?:sk|rk|pk|whsec)_(?:live_|test_)?|sk-|SG\.|pat-(?:na|eu)\d-|AIza|ya29\.)[\w.-]{10,}", HIDDEN),
    (r"\beyJ[\w-]{5,}\.[\w-]{3,}(?:\.[\w-]*)?", HIDDEN),
    (r"\b00D[a-zA-Z0-9]{12,15}![\w.]{10,}", HIDDEN),
    (r"(hooks\.slack\.com/\w+/|discord(?:app)?\.com/api/webhooks/)[\w/-]+", r"\1***"),
)  # fmt: skip
_SHORTEST: Final = 8
_MARKS: Final = (
    *(
        "@",
        "=",
        ":/",
        ":\\",
        "%3a",
        "://",
        "pass",
        "pw",
        "secret",
        "token",
        "api",
        "key",
        "credential",
        "auth",
    ),
    *("sig", "cookie", "bearer", "basic", "negotiate", "digest", "identified", "akia", "asia", "eyj", "00d"),
    *(
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "ghr_",
        "github_",
        "glpat-",
        "xox",
        "xapp-",
        "npm_",
        "pypi-",
        "hf_",
        "dapi",
    ),
    *("shpat_", "shpca_", "shppa_", "shpss_", "dop_v1_", "sk_", "rk_", "pk_", "whsec_", "sk-", "sg.", "pat-"),
    *("aiza", "ya29.", "hooks.slack", "discord"),
)
"""Every text with a secret holds one of them, or four colons: most texts hold none."""
_COLONS: Final = 4


@cache  # since most commands meet nothing that needs them
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(shape, re.IGNORECASE | re.MULTILINE), shown) for shape, shown in _SHAPES)


@lru_cache(maxsize=4096)  # a table may have the same problem in each of its rows
def masked(text: str) -> str:
    """Return a text with `***` in place of what looks like a password, a key or a token.

    It rather hides too much than too little. What is masked stays as it is when it is masked again.
    """
    small = text.lower()
    if len(text) < _SHORTEST or (small.count(":") < _COLONS and not any(mark in small for mark in _MARKS)):
        return text
    for pattern, shown in _patterns():
        text = pattern.sub(shown, text)
    return text


def holds_secret(text: str) -> bool:
    """Tell whether a text holds what would be masked, and is not masked yet."""
    return masked(text) != text


def without(text: str, *secrets: str) -> str:
    """Return a text masked, and without some secrets that are known, however they are quoted in it."""
    from urllib.parse import quote, quote_plus

    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for shape in {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}:
            text = text.replace(shape, HIDDEN)
    return masked(text)
