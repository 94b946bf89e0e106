"""Scenarios and tables with odd values in odd places: loaded to sound nouns, or refused with a code."""

import copy
import io
import random
import subprocess
import sys

import numpy as np
import pytest
from ruamel.yaml import YAML
from test_scenario_model import EVERYTHING

from simulator.errors import InputError
from simulator.loading import CODES, load
from simulator.loading.yaml import parse_yaml
from simulator.scenario.table_model import DEAL_COLUMNS, INVOICE_COLUMNS

VALUES = [
    None, 0, 1, -1, 0.5, 2, 1e-300, 1e-12, 1e12, 1e300, 10**30, 0.999999999, 366, 5000, True, False, "", "x",
    "60%", "150%", "6M", "18m", "90d", "1e9", "nan", "inf", [], [1], {}, {"a": 1}, "2026-10-31", "2026-02-30",
    "9999-12-31", "0001-01-01", "none", "estimate", "exact", "all", "enterprise", "net 30", "EOM", "é" * 50,
    "won", "Lost", "100%", "0%", "FY0001", "FY9999", "2027-13", "XX", "US", "Need established",
]  # fmt: skip
CELLS = [
    "1", "0", "-1", "1,5", "1.000,5", "x", "nan", "60%", "101", "2026-10-31", "2026-02-30", "31.10.2026",
    "2026-11-02", "1901-01-01", "2026-10-31T23:00:00+14:00", "Won", "Lost", "lost: price", "Closed",
    "solution proposed", "EUR", "USD", "JPY", "GBP", "net 30", "enterprise", "D1", "é", "=1+1", "9" * 30,
]  # fmt: skip
SOUND = {
    "stage": ["Need established", "Solution proposed", "Won", "Lost"],
    "amount": ["5", "1000.50"],
    "invoice_date": ["2026-09-01"],
    "due_date": ["2026-10-01"],
}


def base():
    data = parse_yaml(EVERYTHING, "x").data
    data["data"] = {"deals": "deals.csv", "invoices": "invoices.csv", "won_stages": ["Closed"]}
    return data


def paths(node, above=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from paths(value, (*above, key))


def changed(luck, data):
    for _ in range(luck.choice([0, 1, 1, 2])):
        *way, last = luck.choice(list(paths(data)))
        holder = data
        for key in way:
            holder = holder[key]
        if luck.random() < 0.1 and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = copy.deepcopy(luck.choice(VALUES))
    return data


def table(luck, columns):
    tidy = luck.choice([0.8, 1, 1])
    lines = [",".join(columns)]
    for i in range(luck.randint(0, 12)):
        cells = [f"D{i}" if c == "id" else luck.choice(SOUND.get(c, [""])) for c in columns]
        cells = [cell if luck.random() < tidy else luck.choice(CELLS) for cell in cells]
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines)


def check_one(folder, luck):
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.representer.ignore_aliases = lambda _: True
    yaml.allow_unicode = True
    yaml.dump(changed(luck, base()), text)
    (folder / "x.yaml").write_text(text.getvalue(), "utf-8")
    (folder / "deals.csv").write_text(table(luck, (*DEAL_COLUMNS, "extra")), "utf-8")
    (folder / "invoices.csv").write_text(table(luck, INVOICE_COLUMNS), "utf-8")
    try:
        scenario = load(folder / "x.yaml")
    except InputError as error:
        assert error.problems and all(p.code in CODES and p.remedy for p in error.problems)
        return False
    for segment in scenario.segments:
        p = segment.funnel.transitions
        assert p.min() >= 0 and abs(p.sum(axis=1) - 1).max() < 1e-12
        assert (abs(segment.funnel.ladder - 0.5) <= 0.5 + 1e-9).all()
        assert ((segment.doubt >= 0) & (segment.doubt <= 0.45)).all()
        assert np.isfinite(segment.clock.elapsed).all()
    assert not np.isinf(scenario.pipeline.age).any() and (scenario.pipeline.amount >= 0).all()
    assert (scenario.wins.day <= 0).all()
    return True


@pytest.mark.slow
def test_odd_input_is_loaded_or_refused(tmp_path):
    luck = random.Random(1)
    loaded = sum(check_one(tmp_path, luck) for _ in range(80))
    assert 5 < loaded < 75, "most of these should be refused, some not"


@pytest.mark.fuzz
def test_much_odd_input_is_loaded_or_refused(tmp_path):
    luck = random.Random()
    for _ in range(20_000):
        check_one(tmp_path, luck)


def test_only_what_is_needed_is_imported():
    code = (
        "import sys\nfrom simulator.scenario import Scenario\n"
        "assert not {'pydantic', 'ruamel.yaml'} & set(sys.modules)\n"
        "from simulator.loading import load\nload('scenarios/article-2010.yaml')\n"
        "print({'pandas', 'matplotlib', 'scipy.stats', 'holidays'} & set(sys.modules))"
    )
    from conftest import ROOT

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
