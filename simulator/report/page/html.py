"""Make the page: its sections in a template, its style and its script inside, and nothing else let in."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simulator.report.blocks import Picture, Section
from simulator.report.page.sections import sections
from simulator.report.results import Results
from simulator.report.screen import title
from simulator.words import day, plain

POLICY: Final = (
    "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: only the style and the script that stand in the page, known by their hashes."""
FRONT: Final = ("headline", "walk", "outlook")
"""Sections of the first page on paper."""


def page(results: Results) -> bytes:
    """Return report.html, the same bytes for the same run.

    Args:
        results: of the run.
    """
    style, script = _part("page.css"), _part("page.js")
    forecast, (told, missing) = results.forecast, sections(results)
    found = [part for section in told for part in _parted(section)]
    template = _environment().get_template("page.html")
    text = template.render(
        title=f"{plain(forecast['scenario'], 60)} · {day(forecast['as_of'])}",
        subtitle=title(forecast, results.scale),
        policy=POLICY.format(_hash(style), _hash(script)),
        style=Markup(style),
        script=Markup(script),
        sections=found,
        front=[section for section in found if section.key in FRONT],
        rest=[section for section in found if section.key not in FRONT],
        closing=[line for line in (missing, _foot(results)) if line],
    )
    return (text + "\n").encode("utf-8", "replace")


def _parted(section: Section) -> list[Section]:
    """Part a section of the first page with several figures: the first stands there, the others follow."""
    pictures = [place for place, block in enumerate(section.blocks) if isinstance(block, Picture)]
    if section.key not in FRONT or len(pictures) < 2:
        return [section]
    first, others = section.blocks[: pictures[1]], section.blocks[pictures[1] :]
    return [replace(section, blocks=first), Section(f"{section.key}-more", "", others)]


def _foot(results: Results) -> str:
    where = plain(results.handle)
    return (
        f"All numbers stand in {where}: forecast.json, forecast.csv, deals.csv. The inputs stand in inputs/."
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("simulator.report.page"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.do"], finalize=_plainly,
    )  # fmt: skip


def _plainly(value: object) -> object:
    """Return a text as it may be shown, whoever forgot that it comes from a file; ours are so already."""
    return plain(value) if type(value) is str else value


@cache
def _part(name: str) -> str:
    return (resources.files("simulator.report.page") / "templates" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
