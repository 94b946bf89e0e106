"""Write posterior draws as one file of plain arrays, and read them back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.posterior import (
    FunnelDraws,
    GenerationDraws,
    LuckDraws,
    OddsDraws,
    Posterior,
    SegmentDraws,
    StayDraws,
)

Arrays = Mapping[str, NDArray[Any]]
ROOM: Final = 1 << 25
"""Bytes that the arrays of a file may take, however small it is."""
MOST_PACKED: Final = 20
"""So many times its own size a larger file may unpack to."""


class DrawsError(ValueError):
    """The bytes are no file of draws; the message says why."""


def draws_bytes(posterior: Posterior) -> bytes:
    """Return the file, the same bytes for the same draws; rates in single precision to keep it small."""
    arrays: dict[str, Any] = {
        "draws": np.int64(posterior.draws),
        "segments": np.array(list(posterior.segments), dtype=str),
    }
    if posterior.rho is not None:
        arrays["rho"] = posterior.rho
    if posterior.payers:
        arrays["payers"] = np.array(list(posterior.payers), dtype=str)
        arrays["payer_scores"] = np.array(list(posterior.payers.values()), dtype=np.float64)
    for number, segment in enumerate(posterior.segments.values()):
        arrays |= {f"{number}.{name}": value for name, value in _of_segment(segment).items()}
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _of_segment(segment: SegmentDraws) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if segment.amount_shift is not None:
        result["amount_shift"] = segment.amount_shift
    if (luck := segment.luck) is not None:
        result |= {"luck.mean": luck.mean, "luck.kept": np.float64(luck.kept)}
    if (funnel := segment.funnel) is not None:
        result |= {"stages": np.array(funnel.stages, dtype=str), "transitions": funnel.transitions}
        for stage, stay in enumerate(funnel.stays):
            moves = np.flatnonzero(funnel.transitions[:, stage].any(axis=0))
            result |= {f"edges.{stage}": stay.edges, f"moves.{stage}": moves}
            result[f"rates.{stage}"] = stay.rates[:, moves].astype(np.float32)
    if (odds := segment.odds) is not None:
        result |= {"odds.shift": odds.shift, "odds.slope": odds.slope, "odds.reference": odds.reference}
        result |= {f"effect.{name}": effect for name, effect in odds.effects.items()}
        result |= {} if odds.by_stage is None else {"odds.by_stage": odds.by_stage}
    if (generation := segment.generation) is not None:
        result |= {f"new.{f.name}": getattr(generation, f.name) for f in fields(GenerationDraws)}
    return result


def read_draws(content: bytes) -> Posterior:
    """Return the draws of a file.

    Raises:
        DrawsError: it is no such file, or its arrays do not fit each other.
    """
    try:
        _check_size(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        count = int(arrays["draws"])
        names = [str(name) for name in arrays["segments"]]
        segments = {name: _segment(_within(arrays, str(i)), count) for i, name in enumerate(names)}
        rho = arrays.get("rho")
        _check(rho is None or rho.shape == (count,), "rho")
        payers = _payers(arrays)
    except (ValueError, KeyError, OSError, MemoryError, zipfile.BadZipFile, EOFError) as error:
        raise DrawsError(str(error) or type(error).__name__) from None
    return Posterior(count, segments, rho, payers)


def _check_size(content: bytes) -> None:
    """Check what the arrays would take before any is unpacked: real draws can hardly be packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    _check(unpacked <= max(ROOM, MOST_PACKED * len(content)), f"{unpacked / 2**20:,.0f} MB when unpacked")


def _payers(arrays: Arrays) -> dict[str, tuple[float, float]]:
    if "payers" not in arrays:
        return {}
    names, scores = arrays["payers"].tolist(), arrays["payer_scores"]
    _check(scores.shape == (len(names), 2), "payers")
    return {str(name): (float(m), float(sd)) for name, (m, sd) in zip(names, scores, strict=True)}


def _within(arrays: Arrays, head: str) -> dict[str, NDArray[Any]]:
    return {name[len(head) + 1 :]: a for name, a in arrays.items() if name.startswith(f"{head}.")}


def _segment(arrays: Arrays, count: int) -> SegmentDraws:
    shift = arrays.get("amount_shift")
    _check(shift is None or shift.shape == (count,), "amount_shift")
    luck = None
    if "luck.mean" in arrays:
        _check(arrays["luck.mean"].shape == (count,), "luck")
        luck = LuckDraws(arrays["luck.mean"], float(arrays["luck.kept"]))
    return SegmentDraws(_funnel(arrays, count), _odds(arrays, count), _generation(arrays, count), shift, luck)


def _funnel(arrays: Arrays, count: int) -> FunnelDraws | None:
    if "transitions" not in arrays:
        return None
    stages, transitions = tuple(str(s) for s in arrays["stages"]), arrays["transitions"]
    size = len(stages)
    _check(transitions.shape == (count, size, size + 2), "transitions")
    _check(bool(np.allclose(transitions.sum(axis=2), 1, atol=1e-9)), "transitions, whose rows add to 1,")
    stays = []
    for stage in range(size):
        edges, moves = arrays[f"edges.{stage}"], arrays[f"moves.{stage}"]
        known = arrays[f"rates.{stage}"].astype(np.float64)
        _check(known.shape == (count, len(moves), len(edges)), f"rates of {stages[stage]}")
        _check(bool((np.diff(edges) > 0).all() and edges[0] == 0), f"edges of {stages[stage]}")
        _check(bool(np.isfinite(known).all() and (known >= 0).all()), f"rates of {stages[stage]}")
        rates = np.ones((count, size + 2, len(edges)))
        rates[:, moves] = known
        stays.append(StayDraws(edges, rates))
    return FunnelDraws(stages, transitions, tuple(stays))


def _odds(arrays: Arrays, count: int) -> OddsDraws | None:
    if "odds.shift" not in arrays:
        return None
    effects = _within(arrays, "effect")
    ours = {name: arrays[name] for name in ("odds.shift", "odds.slope")}
    for name, each in {**ours, **effects}.items():
        _check(each.shape == (count,), name)
    by_stage, stages = arrays.get("odds.by_stage"), arrays.get("stages")
    fits = by_stage is None or (stages is not None and by_stage.shape == (count, len(stages)))
    _check(fits, "effects of stages")
    reference = float(arrays["odds.reference"])
    return OddsDraws(arrays["odds.shift"], arrays["odds.slope"], effects, reference, by_stage)


def _generation(arrays: Arrays, count: int) -> GenerationDraws | None:
    inner = _within(arrays, "new")
    if not inner:
        return None
    drawn = [f.name for f in fields(GenerationDraws) if "amounts" not in f.name]
    _check(all(len(inner[name]) == count for name in drawn), "deals to come")
    return GenerationDraws(**inner)


def _check(fits: bool, what: str) -> None:
    if not fits:
        raise DrawsError(f"{what} cannot be draws of one posterior")
