"""Hold one block of trials under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine.cells import Cells
from simulator.engine.contracts import DayRates
from simulator.engine.decide import PresentMarket
from simulator.engine.ends import Ends
from simulator.engine.luck import Luck, draw_luck
from simulator.engine.plan import Plan, SegmentPlan, first_draw
from simulator.engine.rates import day_rates
from simulator.engine.recorder import Recorder
from simulator.records import dataclass
from simulator.streams import Words, trial_offsets, uniforms
from simulator.targets import Posted, Series

Integers = NDArray[np.int64]


@dataclass
class Block:
    """One block of trials under way: what it has drawn for all deals, and what has come of them so far.

    Attributes:
        plan: what is played.
        luck: the market of its trials.
        offsets: `trial_offsets`, words[trial].
        draws: posterior draw of each, integers[trial]; 0 where there are none.
        cells: money and wins.
        by_product: totals of some series, floats[product, trial].
        closes: won first attempts of the open deals that are followed, integers[deal, close day]; column 0
            is empty.
        closings: of all open deals, their number and the sum of their days, floats[2, deal].
        landed_parts: their bookings, company minor units, as `parted`, floats[part, deal].
        ends: how first attempts end.
        guarded: attempts that the guard stopped.
        recorder: hears what happens; None in ordinary runs.
    """

    plan: Plan
    luck: Luck
    offsets: Words
    draws: Integers
    cells: Cells
    by_product: Mapping[Series, NDArray[np.float64]]
    closes: NDArray[np.unsignedinteger]
    closings: NDArray[np.float64]
    landed_parts: NDArray[np.float64]
    ends: Ends
    guarded: int = 0
    recorder: Recorder | None = None
    _entry: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    _market: dict[tuple[int, float], PresentMarket] = field(default_factory=dict)
    _rates: dict[str, DayRates] = field(default_factory=dict)

    @property
    def trials(self) -> int:
        """Number of trials."""
        return len(self.offsets)

    def draws_of(self, trial: Integers) -> Integers:
        """Return the posterior draws of trials; where there are none nothing is looked up."""
        return (
            self.draws[trial] if self.plan.scenario.posterior else np.broadcast_to(np.int64(0), trial.shape)
        )

    def follows(self, attempt: int) -> bool:
        """Tell whether attempts of a number are walked to their end, the lost ones too."""
        return self.ends.follows(attempt) or (self.recorder is not None and self.recorder.follows)

    def market(self, segment: int, rho_doubt: float) -> PresentMarket:
        """Return what open deals meet, those of a stage of a segment whose doubt is ρd."""
        place = segment, rho_doubt
        if place not in self._market:
            self._market[place] = PresentMarket.of(self.luck, self.offsets, segment, rho_doubt)
        return self._market[place]

    def entry_chances(self, plan: SegmentPlan) -> NDArray[np.float64]:
        """Return p' of deals that enter a segment's stages, floats[stage, quarter, trial]."""
        if plan.index not in self._entry:
            doubt, quarters = plan.segment.doubt, range(len(self.plan.quarters))
            score = np.empty((len(doubt), len(quarters), self.trials))
            before = plan.chances.entry_scores(self.draws)
            for stage, rho in enumerate(doubt.tolist()):
                for quarter in quarters:
                    scale, shift = self.luck.shifted(plan.index, quarter, rho)
                    score[stage, quarter] = before[stage] * scale + shift
            self._entry[plan.index] = special.ndtr(score)
        return self._entry[plan.index]

    def price(self, plan: SegmentPlan, trial: Integers, day: Integers) -> NDArray[np.float64] | float:
        """Return the factor on the amounts of a segment's won deals, by the trial and day of each."""
        price = plan.price[self.draws[trial]] if isinstance(plan.price, np.ndarray) else plan.price
        levers = plan.segment.levers
        return price if levers.price == 1 else price * levers.price_on(day, self.plan.scenario.horizon.as_of)

    def rates(self, currency: str) -> DayRates:
        """Return the rates of a currency in the block's trials."""
        if currency not in self._rates:
            scenario = self.plan.scenario
            self._rates[currency] = day_rates(
                scenario.rates, currency, scenario.horizon, self.plan.streams, self.offsets
            )
        return self._rates[currency]

    def draw_count(self, month: str) -> NDArray[np.float64]:
        """Return the uniform that decides how many deals arrive in a month of a segment, floats[trial]."""
        return uniforms(np.uint64(self.plan.streams.key("arrivals", month, "count")) + self.offsets)


def new_block(
    plan: Plan, first: int, money: Mapping[Posted, NDArray[np.float64]],
    by_product: Mapping[Series, NDArray[np.float64]], numbers: slice, ends: NDArray[np.float64],
) -> Block:  # fmt: skip
    """Return a block of trials, its market drawn and nothing played.

    Args:
        plan: what is played.
        first: number of the first trial.
        money: of the run, floats[slice, cell, trial] of each series.
        by_product: likewise totals by product, floats[product, trial].
        numbers: of the block's trials there.
        ends: of the run, the counts of `Ends`.
    """
    count = numbers.stop - numbers.start
    offsets, posterior = trial_offsets(first, count), plan.scenario.posterior
    draws = np.arange(first, first + count) + first_draw(plan.scenario, plan.streams)
    draws %= posterior.draws if posterior else 1
    rho = None if posterior is None or posterior.rho is None else posterior.rho[draws]
    names = [s.segment.name for s in plan.segments]
    deals = len(plan.scenario.pipeline)
    return Block(
        plan,
        draw_luck(plan.streams, plan.market, names, plan.quarters, offsets, rho, _known(plan, draws)),
        offsets,
        draws,
        Cells(money, numbers, plan.cell_of_day),
        {series: total[:, numbers] for series, total in by_product.items()},
        np.zeros(
            (plan.followed, plan.last_day + 1), dtype=np.promote_types(np.uint16, np.min_scalar_type(count))
        ),
        np.zeros((2, deals)),
        np.zeros((2, deals)),
        Ends(ends[..., numbers], plan.cell_of_day),
    )


def _known(plan: Plan, draws: NDArray[np.int64]) -> dict[int, tuple[NDArray[np.float64], float]]:
    """Return what the record tells of each segment's market, in the draw of each trial."""
    posterior = plan.scenario.posterior
    learned = {} if posterior is None else posterior.segments
    return {
        number: (luck.mean[draws], luck.kept)
        for number, segment in enumerate(plan.segments)
        if (own := learned.get(segment.segment.name)) is not None and (luck := own.luck) is not None
    }
