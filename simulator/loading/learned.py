"""Read what was learned from history, and lay it beneath what a scenario sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.distributions import Empirical
from simulator.errors import InputError, PlaceError
from simulator.loading.draws import DrawsError, read_draws
from simulator.loading.places import Project
from simulator.loading.problems import Problems
from simulator.loading.yaml import read_yaml
from simulator.posterior import GenerationDraws, Posterior, SegmentDraws
from simulator.records import dataclass
from simulator.scenario.learned_model import FigureFile, LearnedFile, group_of
from simulator.scenario.segment import Segment
from simulator.scenario.settings import overlaid
from simulator.scenario.tree import Keys, Place, Tree, dotted, paths

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file of learned figures."""
NAME: Final = "learned.yaml"
DRAWS: Final = "learned.draws.npz"
TRACK: Final = "backtest.json"
"""How past intervals held, where a backtest has told."""
Group = tuple[str | None, str]


@dataclass(frozen=True)
class Learned:
    """What was learned, as far as a scenario leaves room for it.

    Attributes:
        file: as written.
        tree: the scenario with the learned figures beneath its own.
        posterior: draws of the groups that are taken.
        taken: groups that are taken, (segment, group).
        conflicts: paths that are set and learned.
        contents: the files, by the names that a run keeps them under.
        track: how past intervals held: `verdict` and `track_record` of a backtest; None where none has told.
    """

    file: LearnedFile
    tree: Tree
    posterior: Posterior
    taken: frozenset[Group]
    conflicts: tuple[str, ...]
    contents: Mapping[str, bytes]
    track: Mapping[str, Any] | None = None

    def evidence(self, keys: Keys) -> FigureFile | None:
        """Return the evidence of a path whose figure is learned, None where it is set or a default."""
        return self.file.evidence.get(dotted(keys)) if self.is_learned(keys) else None

    def is_learned(self, keys: Keys) -> bool:
        """Tell whether what stands at a path is learned."""
        return self.tree.place(keys).file == NAME

    def segment(self, name: str) -> SegmentDraws:
        """Return the draws of a segment, empty where nothing was learned of it."""
        return self.posterior.segments.get(name, SegmentDraws())


def read_learned(tree: Tree, project: Project, problems: Problems) -> Learned | None:
    """Return what the file that a scenario names under `learned` says; None without one, or with problems."""
    keys, name = ("learned",), tree.at(("learned",))
    if name is None:
        return None
    if not isinstance(name, str):
        remedy = "write learned: learned.yaml"
        problems.add(tree.problem("S013", "learned is no file", keys, str(name), remedy))
        return None
    try:
        path = project.path(tree, keys, name, remedy="make it: simulator fit")
        return _laid_beneath(tree, path, project)
    except InputError as error:
        for problem in error.problems:
            problems.add(replace(problem, remedy=problem.remedy or "fit anew: simulator fit"))
    except UnfitError as error:
        problems.add(tree.problem("S070", f"{name} {error}", keys, name, "fit anew: simulator fit"))
    return None


class UnfitError(ValueError):
    """A file that was not written by fit, or was changed since; the message says how."""


def learned_file_at(path: Path) -> LearnedFile:
    """Return what stands in a file of learned figures.

    Raises:
        InputError: it is no YAML.
        PlaceError: it cannot be read.
        UnfitError: fit has not written it.
    """
    read = read_yaml(path, LARGEST)
    try:
        return LearnedFile.model_validate(read.data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnfitError(f"does not fit at {where}: {first['msg'].lower()}") from None


def track_record_at(folder: Path, name: str) -> tuple[bytes, dict[str, Any]]:
    """Return the content of a backtest.json beside a file of learned figures, and what reports tell of it.

    Raises:
        UnfitError: there is none, or no backtest has written it.
    """
    try:
        content = (folder / name).read_bytes()
        found = json.loads(content)
        told = {"verdict": [str(line) for line in found["verdict"]], **found["track_record"]}
        complete = bool(told["verdict"]) and {"held", "of", "what"} <= told.keys()
    except (OSError, ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise UnfitError(f"names a track record that cannot be read: {name}")
    return content, told


def _laid_beneath(tree: Tree, path: Path, project: Project) -> Learned:
    file = learned_file_at(path)
    contents = {NAME: path.read_bytes()}
    posterior = Posterior(1)
    for name in filter(None, (file.draws, file.track_record)):
        if not project.holds(path.parent / name):
            raise UnfitError(f"names a file outside the project: {name}")
    if file.draws is not None:
        contents[DRAWS] = _bytes(path.parent / file.draws)
        try:
            posterior = read_draws(contents[DRAWS])
        except DrawsError as error:
            raise UnfitError(f"names draws that cannot be read: {file.draws}: {error}") from None
    track = None
    if file.track_record is not None:
        contents[file.track_record], track = track_record_at(path.parent, file.track_record)
    set_groups = {group for keys in _figures(tree.data) if (group := group_of(keys))}
    learned = [keys for keys in _figures(file.scenario) if _has_segment(tree, keys)]
    groups = {group for keys in learned if (group := group_of(keys))}
    taken = frozenset(groups - set_groups)
    kept = [keys for keys in learned if group_of(keys) is None or group_of(keys) in taken]
    conflicts = sorted({".".join(filter(None, group)) for group in groups & set_groups})
    laid = _with(tree, file.scenario, kept, path)
    return Learned(file, laid, _only(posterior, taken), taken, tuple(conflicts), contents, track)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlaceError(
            f"cannot read {path}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None


def _figures(data: Mapping[str, Any]) -> Iterator[Keys]:
    """Yield the paths of what is set: of texts, numbers and lists, and not of what is inside lists."""
    for keys in paths(data):
        inside = any(isinstance(key, int) for key in keys)
        value = _at(data, keys)
        if not inside and not isinstance(value, dict) and value is not None and keys[-1:] != ("source",):
            yield keys


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data[key]
    return data


def _has_segment(tree: Tree, keys: Keys) -> bool:
    """Tell whether a path is not of a segment that the scenario has not."""
    segments = tree.at(("segments",))
    return keys[0] != "segments" or (isinstance(segments, dict) and keys[1] in segments)


def _with(tree: Tree, scenario: Mapping[str, Any], kept: list[Keys], path: Path) -> Tree:
    """Lay the kept figures beneath the tree; whoever sets a path gives its place."""
    beneath: dict[str, Any] = {}
    for keys in kept:
        inner = beneath
        for key in keys[:-1]:
            inner = inner.setdefault(str(key), {})
        inner[str(keys[-1])] = _at(scenario, keys)
    data, here = overlaid(beneath, tree.data), Place(NAME, None, str(path.parent))
    places = {keys: tree.places.get(keys, here) for keys in paths(data)}
    return Tree(data, places)


def _only(posterior: Posterior, taken: frozenset[Group]) -> Posterior:
    """Return the draws of the groups that are taken; odds belong to the funnel they were learned with."""

    def of(name: str, segment: SegmentDraws) -> SegmentDraws:
        funnel = segment.funnel if (name, "funnel") in taken else None
        with_odds = (name, "odds") in taken and (funnel is not None) == (segment.funnel is not None)
        return SegmentDraws(
            funnel,
            segment.odds if with_odds else None,
            segment.generation if (name, "new_pipeline") in taken else None,
            segment.amount_shift if (name, "amount") in taken else None,
            segment.luck if funnel is not None and (None, "market") in taken else None,
        )

    segments = {name: of(name, segment) for name, segment in posterior.segments.items()}
    rho = posterior.rho if (None, "market") in taken else None
    paid = any(group.startswith("payment.") for _, group in taken)
    return Posterior(posterior.draws, segments, rho, posterior.payers if paid else {})


def learned_generation(draws: GenerationDraws) -> PipelineGeneration:
    """Return new pipeline with the middle figures of its draws."""
    scale = float(np.exp(draws.amount_shift).mean())
    dispersion = float(1 / np.mean(1 / draws.dispersion))
    bluebirds = None
    if len(draws.bluebird_amounts):
        law = Empirical(tuple(draws.bluebird_amounts.tolist()))
        bluebirds = Bluebirds(float(draws.bluebirds.mean()), law, dispersion)
    return PipelineGeneration(
        per_month=float(draws.per_month.mean()),
        amount=Empirical(tuple((draws.amounts * scale).tolist())),
        entry=draws.entry.mean(axis=0),
        season={month + 1: float(f) for month, f in enumerate(draws.season.mean(axis=0))},
        trend=float(draws.trend.mean()),
        dispersion=dispersion,
        bluebirds=bluebirds,
        estimated=True,
    )


def learned_segment(segment: Segment, learned: Learned | None) -> Segment:
    """Return a segment with the middle figures of its draws; only these doubt what is learned."""
    if learned is None:
        return segment
    draws = learned.segment(segment.name)
    funnel, ladder = segment.funnel, segment.set_ladder
    if draws.funnel is not None:
        funnel = draws.funnel.mean
        ladder = funnel.snapshot_ladder()
    certain = draws.funnel is not None or draws.odds is not None
    doubt = np.zeros(len(ladder)) if certain else segment.doubt
    return replace(segment, funnel=funnel, set_ladder=ladder, doubt=doubt)
