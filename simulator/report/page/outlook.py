"""Show what comes in over time, what stands in the bank, and how the headline's amount may turn out."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.report import courses
from simulator.report.blocks import Picture, Section
from simulator.report.page.dots import dots
from simulator.report.page.fan import fan, marked
from simulator.report.results import Results


def section(results: Results) -> Section | None:
    """Return the fans and the dots, None where there is nothing to expect or too few trials to say it."""
    pictures = list(_pictures(results))
    return Section("outlook", "How it adds up over time", pictures) if pictures else None


def _pictures(results: Results) -> Iterator[Picture]:
    forecast = results.forecast
    for course in (
        courses.cumulative(forecast, "bookings"),
        courses.cumulative(forecast, "receipts"),
        courses.balance(forecast),
    ):
        if course:
            meaning = f"{course.meaning[0].upper()}{course.meaning[1:]}."
            told = [text for _, text, _ in course.ends]
            told += [marked(mark) for mark in course.marks]
            says = f"{course.title}. {meaning} At the end: {', '.join(told)}."
            yield Picture(fan(course), says, course.title, meaning, half=True)
    if picture := dots(results):
        yield picture
