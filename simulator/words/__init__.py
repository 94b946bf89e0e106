"""Say amounts, chances and dates the way people say them, so that every output uses the same words."""

from simulator.words.amounts import Scale, happened_text, interval_texts, scale_for, scale_of
from simulator.words.chances import chance_cells, has_interval, is_certain, likelihood, one_in, percent
from simulator.words.checks import self_check_text
from simulator.words.headline import claim, headline, paragraphs
from simulator.words.past import RARE, doubt
from simulator.words.periods import (
    complete_periods,
    headline_name,
    headline_period,
    loose_targets,
    of_headline,
    period_name,
)
from simulator.words.since import since
from simulator.words.text import (
    MONTHS,
    cut,
    cut_at_word,
    day,
    days,
    goal_name,
    length,
    month,
    plain,
    plan_name,
    visible,
    width,
)

__all__ = [
    "MONTHS",
    "RARE",
    "Scale",
    "chance_cells",
    "claim",
    "complete_periods",
    "cut",
    "cut_at_word",
    "day",
    "days",
    "doubt",
    "goal_name",
    "happened_text",
    "has_interval",
    "headline",
    "headline_name",
    "headline_period",
    "interval_texts",
    "is_certain",
    "length",
    "likelihood",
    "loose_targets",
    "month",
    "of_headline",
    "one_in",
    "paragraphs",
    "percent",
    "period_name",
    "plain",
    "plan_name",
    "scale_for",
    "scale_of",
    "self_check_text",
    "since",
    "visible",
    "width",
]
