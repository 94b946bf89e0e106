"""Write a backtest as plain dicts and numbers: backtest.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from simulator.backtest.measures import Measure
from simulator.backtest.replay import Backtest
from simulator.backtest.rows import Row
from simulator.backtest.summary import DealSummary, Summary, deal_summaries, hits, summaries
from simulator.backtest.verdict import LEVEL, main_measure, name_of, verdict
from simulator.hit_rates import LEVELS
from simulator.money import minor_digits

SCHEMA_VERSION = 1


def payload(backtest: Backtest) -> dict[str, Any]:
    """Return backtest.json; amounts in major units, what came and what was forecast in the unit of each.

    The list `measures` is by measure and horizon, `windows` holds every forecast, `track_record` what reports
    tell of it in a line.
    """
    unit = float(10 ** minor_digits(backtest.currency))
    every, asked = summaries(backtest.rows), backtest.asked
    main = main_measure(backtest.rows)
    own, company = (
        [row for row in backtest.rows if row.measure == main],
        [row for row in backtest.rows if not row.measure.segment],
    )
    return {
        "schema_version": SCHEMA_VERSION,
        "from": asked.origins[0].isoformat(),
        "until": asked.origins[-1].isoformat(),
        "origins": [origin.isoformat() for origin in asked.origins],
        "horizons": list(asked.horizons),
        "fit_window": asked.fit_window,
        "trials": asked.trials,
        "seed": asked.seed,
        "currency": backtest.currency,
        "sources": list(backtest.sources),
        "verdict": verdict(backtest, every),
        "track_record": {
            **_named(main),
            "what": name_of(main),
            **hits(own, LEVEL).to_json(),
            "hits": _by_level(own),
        },
        "pooled": _by_level(company),
        "measures": [_measure(summary, unit) for summary in every],
        "deals": [_deals(summary) for summary in deal_summaries(backtest.deals)],
        "windows": [_window(row, unit) for row in backtest.rows],
        "skipped": [{"origin": o.isoformat(), "reason": why} for o, why in backtest.skipped],
        "not_forecast": backtest.unknown,
        "unchecked": [origin.isoformat() for origin in backtest.unchecked],
    }


def _by_level(rows: list[Row]) -> dict[str, Any]:
    return {_percent(level): hits(rows, level).to_json() for level in LEVELS}


def _named(measure: Measure) -> dict[str, Any]:
    return {"quantity": measure.quantity, "source": measure.source, "segment": measure.segment or "all"}


def _measure(summary: Summary, unit: float) -> dict[str, Any]:
    of = unit if summary.measure.is_money else 1.0
    return {
        **_named(summary.measure),
        "what": name_of(summary.measure),
        "horizon": summary.horizon,
        "hits": {_percent(h.level): h.to_json() for h in summary.hits},
        "places": list(summary.places),
        "mean": summary.mean / of,
        "came": summary.came / of,
        "crps": summary.crps / of,
        "interval_score": {_percent(level): s / of for level, s in zip(LEVELS, summary.winkler, strict=True)},
        "skill": {
            a.name: {"windows": a.windows, "crps": a.skill, "interval": a.interval_skill}
            for a in summary.against
        },
    }


def _deals(summary: DealSummary) -> dict[str, Any]:
    bins = zip(summary.bins, summary.isotonic, strict=True)
    return {
        "segment": summary.segment or "all",
        "horizon": summary.horizon,
        "count": summary.count,
        "expected": summary.expected,
        "won": summary.won,
        "brier": summary.brier,
        "brier_of_one_chance": summary.brier_rate,
        "brier_of_stage_table": summary.brier_table,
        "log_score": summary.log_score,
        "reliability": [{**asdict(b), "isotonic": rising} for b, rising in bins],
        "close_dates": {
            "count": summary.closes,
            "days_late": summary.days_late,
            "days_off": summary.days_off,
            **{k: v for k, v in summary.close_hits.to_json().items() if k in ("held", "of", "low", "high")},
        },
    }


def _window(row: Row, unit: float) -> dict[str, Any]:
    of = unit if row.measure.is_money else 1.0
    return {
        "origin": row.window.origin.isoformat(),
        "end": row.window.end.isoformat(),
        "horizon": row.window.horizon,
        **_named(row.measure),
        "came": row.came / of,
        "mean": row.scored.mean / of,
        "middle": row.middle / of,
        "intervals": {
            _percent(level): [low / of, high / of]
            for level, (low, high) in zip(LEVELS, row.scored.intervals, strict=True)
        },
        "held": {_percent(level): row.held(level) for level in LEVELS},
        "place": row.place,
        "rarity": row.rarity,
        "crps": row.scored.crps / of,
        "baselines": {name: {"mean": s.mean / of, "crps": s.crps / of} for name, s in row.baselines.items()},
    }


def _percent(level: float) -> str:
    return f"{100 * level:.0f}"
