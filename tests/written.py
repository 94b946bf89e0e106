"""Writes small scenarios and tables for tests that read them."""

import textwrap

from simulator.errors import InputError
from simulator.loading import load

SCENARIO = """\
version: 1
name: small
as_of: 2026-10-31
horizon: 12m
currency: EUR
rates: {USD: 0.9}
data: {deals: deals.csv}
segments:
  smb:
    stages:
      Proposal: {close: 30%, days: {median: 20, p90: 50}}
      Contract: {close: 80%, back: 0.05, days: {median: 10, p90: 30}}
    new_pipeline: none
"""
DEALS = """\
id,stage,amount,created,entered_stage,expected_close,closed
D1,Proposal,1000,2026-09-01,2026-09-10,2026-12-15,
D2,Contract,2000.50,2026-08-01,2026-10-01,2026-11-20,
D3,Won,500,2026-02-01,,,2026-05-05
D4,Lost,700,2026-03-01,,,2026-06-01
"""
INVOICES = """\
id,deal,amount,invoice_date,due_date,paid_date
R1,D3,300,2026-09-01,2026-10-01,
R2,D3,200,2026-05-05,2026-06-04,2026-06-10
"""


def write(folder, scenario=SCENARIO, deals=DEALS, invoices=None, tables=(), **more):
    """Write the files and return the scenario's path; further scenarios by their name, tables by theirs."""
    named = {f"{name}.csv": content for name, content in dict(tables).items()}
    for name, content in ({"deals.csv": deals, "invoices.csv": invoices} | named).items():
        if isinstance(content, str):
            content = content.encode()
        if content is not None:
            (folder / name).write_bytes(content)
    for name, text in {"small": scenario, **more}.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text), "utf-8")
    return folder / "small.yaml"


def loaded(folder, *args, sets=(), as_of=None, **files):
    return load(write(folder, *args, **files), sets=sets, as_of=as_of)


def problems(folder, *args, sets=(), as_of=None, **files):
    """Load what must not load, and return every problem."""
    path = write(folder, *args, **files)
    try:
        scenario = load(path, sets=sets, as_of=as_of)
    except InputError as error:
        return error.every
    raise AssertionError(f"loaded without a problem: {scenario.notes}")
