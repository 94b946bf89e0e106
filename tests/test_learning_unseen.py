"""What other companies' records brought to light: leads that never close, moves that were never seen."""

import numpy as np
import pytest
from history_files import EVENTS, read
from plain_histories import KNOWN, even_clock, history_of

from simulator.learning.checking import check_history
from simulator.learning.fitting import fit
from simulator.learning.funnels import fit_funnels
from simulator.learning.ladders import at_ages
from simulator.learning.luck import with_luck
from simulator.learning.overlay import Overlay
from simulator.learning.priors import among
from simulator.learning.slices import normals
from simulator.learning.spells import spells_of
from simulator.loading import load
from simulator.loading.history_frame import frame_of
from simulator.report.check import check_text
from simulator.streams import UniformRow

CLOCK = even_clock()
BASE = """\
version: 1
name: base
as_of: 2026-12-31
horizon: 6m
currency: EUR
segments:
  s: {stages: {A: {close: 0.3}, C: {close: 0.7}}, cycle: {median: 60d}}
  t: {stages: {Z: {close: 0.5}}, cycle: {median: 60d}}
"""


def leads(seed, deals=12_000, win=0.025, never=0.3):
    """One stage: few leads are won, over two years; a third is never closed, a third lost at once."""
    rng = np.random.default_rng(seed)
    begun = KNOWN - rng.integers(0, 1095, deals)
    won = rng.random(deals) < win
    kind = rng.random(deals)
    lost = np.where(kind < 0.35, 0, np.exp(np.log(30) + 1.3 * rng.normal(size=deals)))
    days = np.where(won, np.minimum(np.exp(np.log(70) + 1.1 * rng.normal(size=deals)), 730), lost)
    day = begun + np.floor(days + 0.5).astype(int)
    ends = won | (kind < 1 - never)
    rows = np.stack((np.arange(deals), np.zeros(deals, int), begun))
    ended = np.stack((np.arange(deals), np.where(won, 1, 2), day))[:, ends]
    return np.concatenate((rows, ended[:, ended[2] <= KNOWN]), axis=1)


def test_leads_that_never_close_are_not_won_in_the_end():
    """A prior of two deals and a third that nobody sees the end of once made 2.5 % read 24 %."""
    history = history_of([leads(1)], 1, logged=False)
    spells = spells_of(history, (CLOCK,))
    row = UniformRow(1, "leads")
    alone = fit_funnels(spells, ("Open",), row, 400)[spells.segments[0]]
    found = with_luck(alone, spells, 0.02, 0.5, normals(row, 400))
    rate = found.win_rates[0]
    assert rate.low > 0.018 and rate.value < 0.05 and rate.high < 0.08
    assert 55 < found.medians[0, 1].value < 95, "70 days; the average of the draws lies far above"
    old = at_ages(found.draws, np.zeros(1, dtype=np.int64), np.array([900.0])).mean()
    assert old < 0.05, "who has waited for 900 days will hardly buy"


@pytest.mark.slow
def test_a_move_that_was_never_seen_is_rare(tmp_path):
    """The set table says A to C, all deals go by B: their number decides, and the table is still heard."""
    events = ["deal,stage,entered_at,segment"]
    for i in range(400):
        month, day = 1 + i % 9, 1 + i % 28
        events.append(f"D{i},A,2026-{month:02d}-{day:02d},s")
        events.append(f"D{i},{'B' if i % 3 else 'Lost'},2026-{month + 1:02d}-{1 + i % 25:02d},s")
        if i % 3:
            events.append(f"D{i},{'Won' if i % 2 else 'Lost'},2026-{month + 2:02d}-{1 + i % 23:02d},s")
    (tmp_path / "base.yaml").write_text(BASE)
    base = load(tmp_path / "base.yaml")
    history = read(tmp_path, events="\n".join(events), frame=frame_of(base))
    spells, stages = spells_of(history, (CLOCK,) * 2), history.stages
    tables = {segment.name: among(segment.funnel, stages) for segment in base.segments}
    a, c = stages.index("A"), stages.index("C")
    assert tables["s"].transitions[a, c] * 0.7 == pytest.approx(0.3)
    assert [k for k, law in enumerate(tables["s"].stays[a]) if law is not None] == [c, len(stages) + 1]
    found = fit_funnels(spells, stages, UniformRow(1, "unseen"), 100, tables)["s"]
    assert found.draws.transitions[:, a, c].mean() < 0.03
    assert 0.4 < found.win_rates[c].value < 0.9, "the table is all that is known where nothing came"
    told = Overlay()
    told.funnel("s", found, {"A", "B", "C"})
    assert any("stages.B" in path for path in told.evidence)
    assert not any("stages.Z" in path for path in told.evidence), "another segment's"


def test_a_table_without_stages_is_held_against_the_chance_from_creation_on(tmp_path):
    rows = ["id,stage,amount,created,closed"]
    for i in range(60):
        end = ("Won", "Lost", "Lost", "Open")[i % 4]
        closed = "" if end == "Open" else f"2026-{5 + i % 4:02d}-{1 + i % 27:02d}"
        rows.append(f"D{i},{end},{1000 + i},2026-0{1 + i % 4}-{1 + i % 27:02d},{closed}")
    history = read(tmp_path, deals="\n".join(rows))
    text = check_text(check_history(fit(history, draws=100)), history)
    assert "the article says 5 %" in text and "Chances are those of deals that enter a stage." in text
    assert "probability_basis: entry" in text


def test_a_log_without_amounts_counts_deals(tmp_path):
    learned = fit(read(tmp_path, events=EVENTS), draws=100)
    assert learned.scenario["segments"]["all"]["amount"] == {"unchanged": 1.0}
    assert learned.scenario["segments"]["all"]["new_pipeline"]["amount"]["median"] == 1.0


def test_many_open_deals_are_judged_by_fewer_draws():
    spells = spells_of(history_of([leads(2, 500)], 1, logged=False), (CLOCK,))
    draws = fit_funnels(spells, ("Open",), UniformRow(1, "few"), 100)[spells.segments[0]].draws
    some, age = draws.every(4), np.array([3.0, 300.0])
    stage = np.zeros(2, dtype=np.int64)
    assert len(some) == 25 and (at_ages(some, stage, age) == at_ages(draws, stage, age)[::4]).all()
