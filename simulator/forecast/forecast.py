"""Present the trials of a simulation: as JSON, rows, a table, a notebook's view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.forecast.payload import payload
from simulator.forecast.tables import deal_rows, frame, html, long_rows
from simulator.forecast.trials import Trials
from simulator.words import day

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]
Ended = Literal["lost", "won"]


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
        self, outcome: Ended, last_day: int | None = None, source: str = "all", segment: int | None = None
    ) -> Floats:
        """Return how many deals are `lost` or `won` in their first attempt until a day, floats[trial].

        Args:
            outcome: which of the two.
            last_day: days from as-of, None for the horizon's end.
            source: `open` deals, `new` ones (bluebirds among them), or `all`.
            segment: index, None for all.

        Raises:
            UsageError: the run was not asked to follow ends, or the forecast cannot be cut there.
        """
        if self.ends is None:
            raise UsageError("losses are counted where simulate is asked for them: follow_ends=True")
        _, cells = self.cells(1, last_day)
        found = self.ends[:cells, ("lost", "won").index(outcome)].sum(axis=0)
        found = found.sum(axis=0) if source == "all" else found[("open", "new").index(source)]
        return np.asarray(found.sum(axis=0) if segment is None else found[segment])

    def table(self) -> pandas.DataFrame:
        """Return mean, low, middle and high by series and period as a pandas table."""
        return frame(self)

    def _repr_html_(self) -> str:
        return html(self)
