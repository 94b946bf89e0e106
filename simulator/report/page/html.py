"""Make the page: its sections in a template, its style and its script inside, and nothing else let in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simulator.report.page.sections import missing, sections
from simulator.report.results import Results
from simulator.words import day, plain

POLICY: Final = (
    "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: only the style and the script that stand in the page, known by their hashes."""


def page(results: Results) -> bytes:
    """Return report.html, the same bytes for the same run.

    Args:
        results: of the run.
    """
    style, script = _part("page.css"), _part("page.js")
    forecast = results.forecast
    template = _environment().get_template("page.html")
    text = template.render(
        title=f"{plain(forecast['scenario'], 60)} · {day(forecast['as_of'])}",
        policy=POLICY.format(_hash(style), _hash(script)),
        style=Markup(style),
        script=Markup(script),
        sections=sections(results),
        missing=missing(results),
    )
    return (text + "\n").encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("simulator.report.page"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.do"],
    )  # fmt: skip


@cache
def _part(name: str) -> str:
    return (resources.files("simulator.report.page") / "templates" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
