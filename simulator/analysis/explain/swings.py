"""Find the open deals that swing it: by what winning instead of losing each moves the chance (MODEL 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.contrasts import DIFFERENCE, chance_contrast, contrast
from simulator.analysis.explain.question import Question
from simulator.distributions import LONGEST
from simulator.forecast import statistics
from simulator.landings import landings
from simulator.scenario import Segment

Floats = NDArray[np.float64]

MOST: Final = 10
"""Deals that are told of."""


def part(question: Question) -> dict[str, Any]:
    """Return the deals that swing the chance most, or the middle where nothing is to be reached.

    In each trial a deal's own amount is taken out of the total, and what it would bring if it were won, or
    lost, is put in: swing = P(S₋ᵢ + aᵢ ≥ T) − P(S₋ᵢ + bᵢ ≥ T). bᵢ is 0, and the swing that of MODEL 9, but
    for deals that come back when they are lost. Trial by trial these are the runs that decide the deal.
    """
    pipeline, aim = question.scenario.pipeline, question.aim
    free = [i for i, deal in enumerate(pipeline.id) if deal not in pipeline.decided]
    told: dict[str, Any] = {
        "of": "middle" if aim.amount is None else "chance",
        "trials": question.landed,
        "open_deals": len(pipeline),
        "decided": len(pipeline) - len(free),
        "deals": [],
    }
    if free:
        fates = Fates.of(question)
        sizes = {i: abs(fates.size(i)) for i in free}
        most = sorted((i for i in free if sizes[i]), key=lambda i: -sizes[i])[:MOST]
        told["deals"] = [_deal(question, i) | fates.told(i) for i in most]
    return told


class Fates:
    """What trials bring if a deal is won, and if it is lost."""

    def __init__(self, question: Question, won: Floats, lost: Floats | None) -> None:
        self._question, self._won, self._lost = question, won, lost
        self._now = question.landings

    @staticmethod
    def of(question: Question) -> Fates:
        """Return those of every open deal."""
        scenario, lost = question.scenario, None
        if any(scenario.segments[i].recycling.chance for i in set(scenario.pipeline.segment.tolist())):
            nothing = dict.fromkeys(scenario.pipeline.id, False)
            losing = replace(scenario, pipeline=replace(scenario.pipeline, decided=nothing))
            lost = landings(
                losing, question.aim.window, question.landed, question.seed, question.workers
            ).deals
        return Fates(question, question.won.deals, lost)

    def sides(self, deal: int) -> tuple[Floats, Floats]:
        """Return what each trial brings with the deal won, and with it lost."""
        others = self._now.total - self._now.deals[deal]
        return others + self._won[deal], others if self._lost is None else others + self._lost[deal]

    def size(self, deal: int) -> float:
        """Return by how much the deal moves the chance, or the middle."""
        won, lost = self.sides(deal)
        least = self._question.aim.amount
        if least is None:
            return float(np.median(won) - np.median(lost))
        return float(np.mean(won >= least) - np.mean(lost >= least))

    def told(self, deal: int) -> dict[str, Any]:
        """Return the swing of a deal with its error, and in what share of trials it would come in time."""
        forecast, least = self._question.forecast, self._question.aim.amount
        sides, draws = self.sides(deal), self._question.draws(self._question.landed)
        if least is None:
            stats = [statistics(side, forecast.unit, draws=draws) for side in sides]
            change = contrast(sides, stats, DIFFERENCE, forecast.unit, draws)
            ends = {"if_won": stats[0]["p50"], "if_lost": stats[1]["p50"], "swing": change["p50"]}
            error = change["error"]["p50"]
        else:
            hits: Sequence[NDArray[np.bool_]] = [side >= least for side in sides]
            change = chance_contrast(hits, DIFFERENCE, draws)
            ends = {"if_won": float(hits[0].mean()), "if_lost": float(hits[1].mean())}
            ends["swing"], error = change["chance"], change["error"]
        return ends | {"error": error, "in_time": float(np.mean(self._won[deal] != 0))}


def _deal(question: Question, place: int) -> dict[str, Any]:
    """Return what is known of a deal, and when it would be signed if it were won."""
    scenario, forecast = question.scenario, question.forecast
    deal, horizon = scenario.pipeline[place], scenario.horizon
    segment, stated = scenario.segments[deal.segment], float(scenario.pipeline.stated_day[place])
    known = not np.isnan(deal.age)
    return {
        "id": deal.id,
        "name": deal.name,
        "customer": deal.customer,
        "segment": segment.name,
        "stage": segment.funnel.stages[deal.stage],
        "amount": float(scenario.rates.convert(deal.amount, deal.currency, 0)) / forecast.unit,
        "chance": float(forecast.deal_chance[place]),
        "days_in_stage": round(deal.age) if known else None,
        "usual_days": _usual_days(segment, deal.stage),
        "pushes": deal.pushes if deal.pushes >= 0 else None,
        "stated_close": None if np.isnan(stated) else horizon.date_of(int(stated)).isoformat(),
        "close_if_won": _middle_close(question, place),
    }


def _usual_days(segment: Segment, stage: int) -> int:
    """Return the days that half of the stays in a stage last at most."""
    funnel, days = segment.funnel, np.arange(LONGEST)
    alive = np.zeros(LONGEST)
    for k in funnel.moves(stage):
        law = funnel.stays[stage][k]
        alive += 0.0 if law is None else funnel.transitions[stage][k] * law.sf(days)
    return int(np.argmax(alive <= 0.5))


def _middle_close(question: Question, place: int) -> str | None:
    """Return the day by which half of its wins are signed, None where that lies beyond the horizon."""
    horizon, days = question.scenario.horizon, question.won.close[place]
    middle = float(np.median(np.where(days > 0, days, horizon.last_day + 1)))
    return None if middle > horizon.last_day else horizon.date_of(int(middle)).isoformat()
