"""List every figure that a forecast rests on, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.arrivals import PipelineGeneration
from simulator.distributions import LogNormal
from simulator.loading.funnels import ARTICLE
from simulator.loading.learned import Learned
from simulator.scenario.model import ScenarioFile
from simulator.scenario.scenario import Assumption
from simulator.scenario.segment_model import NewPipelineFile
from simulator.scenario.tree import Keys, Tree, dotted, paths

DEFAULTS: Final = {
    "country": "none: only weekends rest",
    "quarter_end_weight": "1",
    "probability_basis": "snapshot",
    "worth": "20 closed deals",
    "recycling.chance": "0",
    "close_date.rule": "blend",
    "close_date.slip": "1.25",
    "close_date.delay": "0",
    "amount.unchanged": "0.5",
    "amount.location": "-0.05",
    "amount.scale": "0.15",
    "soberness.odds": "1",
    "soberness.amount": "1",
    "terms.default": "net 30",
    "payment.default": "half of all invoices 7 days late or earlier, 0.5 % never",
    "invoice_lag": "3 days",
    "delivery": "0 days",
    "acceptance": "0 days",
    "roll": "none",
    "tax": "0",
}
"""What holds for a segment where nothing is set (MODEL 12), as people read it."""
DEFAULT_SOURCE: Final = "default"


def list_assumptions(
    tree: Tree,
    file: ScenarioFile,
    estimated: Mapping[str, tuple[PipelineGeneration, str]],
    learned: Learned | None = None,
) -> tuple[Assumption, ...]:
    """Return each figure on which a forecast rests, with its source: set, learned, estimated, by default."""
    return (*_set(tree, learned), *_estimated(estimated), *_defaults(tree, file))


def _set(tree: Tree, learned: Learned | None) -> Iterator[Assumption]:
    for top in ("market", "rates", "cash", "products", "offers", "segments", "deals", "targets"):
        for keys in paths(tree.at((top,)), (top,)):
            value = tree.at(keys)
            if keys == ("cash", "outflows") and isinstance(value, list):
                yield Assumption(dotted(keys), f"{len(value)} outflows", tree.source(keys) or "set", "set")
            elif value is not None and keys[:2] == ("cash", "outflows") and len(keys) > 2:
                continue
            elif value is not None and not isinstance(value, dict | list) and keys[-1] != "source":
                yield _figure(tree, keys, str(value), learned)


def _figure(tree: Tree, keys: Keys, value: str, learned: Learned | None) -> Assumption:
    """Return a figure that the scenario sets, or that is learned and lies beneath it."""
    if learned is None or not learned.is_learned(keys):
        return Assumption(dotted(keys), value, tree.source(keys) or "set", "set")
    evidence = learned.evidence(keys)
    if evidence is None:
        return Assumption(dotted(keys), value, "learned", "learned")
    told = f"learned: 8 in 10 for {evidence.low:.4g} to {evidence.high:.4g}, from {evidence.n:,} observations"
    return Assumption(dotted(keys), value, f"{told} in {evidence.quarters} quarters", "learned")


def _estimated(estimated: Mapping[str, tuple[PipelineGeneration, str]]) -> Iterator[Assumption]:
    for name, (generation, source) in estimated.items():
        law = generation.amount
        assert isinstance(law, LogNormal)
        figures = {
            "per_month": f"{generation.per_month:.2f}",
            "dispersion": f"{generation.dispersion:.1f}",
            "amount.median": f"{float(law.isf(0.5)):,.0f}",
            "amount.p90": f"{float(law.isf(0.1)):,.0f}",
        }
        for key, value in figures.items():
            path = dotted(("segments", name, "new_pipeline", *key.split(".")))
            yield Assumption(path, value, source, "estimated")


def _defaults(tree: Tree, file: ScenarioFile) -> Iterator[Assumption]:
    if file.market.shared is None:
        text = "drawn per trial, 0.077 on average, 3 parts shared by all and 5 by a segment"
        yield Assumption("market", text, DEFAULT_SOURCE, "default")
    if tree.at(("market", "phi")) is None:
        yield Assumption("market.phi", "0.5", DEFAULT_SOURCE, "default")
    for name, segment in file.segments.items():
        here = ("segments", name)
        for key, value in DEFAULTS.items():
            keys = (*here, *key.split("."))
            if tree.at(keys) is None and not (key == "terms.default" and segment.terms.get("default")):
                yield Assumption(dotted(keys), value, DEFAULT_SOURCE, "default")
        stages = segment.stages or {}
        if not stages or (
            tuple(stages) == tuple(ARTICLE)
            and all(s.close is None and s.advance is None for s in stages.values())
        ):
            for stage, (close, back) in ARTICLE.items():
                for key, figure in (("close", close), ("back", back)):
                    keys = (*here, "stages", stage, key)
                    if tree.at(keys) is None:
                        yield Assumption(dotted(keys), f"{figure:g}", DEFAULT_SOURCE, "default")
        if segment.cycle is not None:
            yield Assumption(dotted((*here, "cycle", "sigma")), "0.7", DEFAULT_SOURCE, "default")
        pipeline = segment.new_pipeline
        if isinstance(pipeline, NewPipelineFile) and tree.at((*here, "new_pipeline", "dispersion")) is None:
            yield Assumption(dotted((*here, "new_pipeline", "dispersion")), "4", DEFAULT_SOURCE, "default")
