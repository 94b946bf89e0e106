"""Present the trials of a simulation: as JSON, rows, a table, a notebook's view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.forecast.asked import date_asked, segment_asked, word_asked
from simulator.forecast.payload import payload
from simulator.forecast.rows import ENDS
from simulator.forecast.tables import deal_rows, frame, html, long_rows
from simulator.forecast.trials import Trials
from simulator.words import day

if TYPE_CHECKING:
    import pandas

Ended = Literal["lost", "won"]
Begun = Literal["open", "new", "all"]


class Forecast(Trials):
    """Thousands of futures of a scenario, and what people and programs read of them."""

    def __repr__(self) -> str:
        horizon = self.scenario.horizon
        noun = "trial" if self.trials == 1 else "trials"
        span = f"as of {day(horizon.as_of)} until {day(horizon.end)}"
        return f"<Forecast of {self.scenario.name!r} {span}, {self.trials:,} {noun}, seed {self.seed}>"

    def to_json(self) -> dict[str, Any]:
        """Return forecast.json (FORMATS) as plain dicts, lists and numbers."""
        return payload(self)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield forecast.csv: series, segment, source, from, until, cumulative, statistic, value."""
        return long_rows(self)

    def deal_rows(self) -> Iterator[dict[str, Any]]:
        """Yield deals.csv: one row an open deal."""
        return deal_rows(self)

    def ended(
        self, outcome: Ended, until: str | date | None = None, source: Begun = "all",
        segment: str | None = None,
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return how many deals come to an outcome in their first attempt, floats[trial].

        Args:
            outcome: `lost` or `won`.
            until: last day, as in `chance`; None for the horizon's end.
            source: `open` deals, `new` ones (bluebirds among them), or `all`.
            segment: name, or None for all.

        Raises:
            UsageError: there is no such outcome, source or segment, the forecast cannot be cut there, or the
                run was not asked to follow deals to their end.
        """
        if not self.follows_ends:
            raise UsageError(
                "the ends of deals were not followed: simulate with follow_ends=True", code="U006"
            )
        horizon, names = self.scenario.horizon, [s.name for s in self.scenario.segments]
        _, cells = self.cells(1, None if until is None else horizon.day_of(date_asked("until", until)))
        place, index = word_asked("source", source, get_args(Begun)), segment_asked(segment, names)
        numbers = np.arange(np.prod(shape := self.by_trial.shapes[ENDS])).reshape(shape)
        some = numbers[:cells, word_asked("outcome", outcome, get_args(Ended))]
        some = some[:, place if source != "all" else slice(None)]
        some = some[..., index if index is not None else slice(None)]
        return self.by_trial.total(ENDS, tuple(some.ravel().tolist())).copy()

    def table(self) -> pandas.DataFrame:
        """Return mean, low, middle and high by series and period as a pandas table."""
        return frame(self)

    def _repr_html_(self) -> str:
        return html(self)
