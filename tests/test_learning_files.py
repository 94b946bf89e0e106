"""What `fit` leaves behind runs at once, also where the history holds invoices and nothing else."""

from datetime import date, timedelta

from click.testing import CliRunner

from simulator import load, simulate
from simulator.cli import main


def test_invoices_alone_make_a_scenario_that_runs(tmp_path):
    first, rows = date(2025, 10, 1), []
    for n in range(240):
        written = first + timedelta(days=n)
        paid = written + timedelta(days=30 + 3 * (n % 7))
        told = paid if paid <= date(2026, 6, 30) else ""
        rows.append(f"I{n},C{n % 9},{100 + n}.00,{written},{written + timedelta(days=30)},{told}")
    table = tmp_path / "invoices.csv"
    table.write_text("id,customer,amount,invoice_date,due_date,paid_date\n" + "\n".join(rows) + "\n")
    out = tmp_path / "learned"
    done = CliRunner().invoke(
        main, ["fit", str(table), "--as-of", "2026-06-30", "--draws", "200", "-o", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "paid by" in done.output
    forecast = simulate(load(out / "scenario.yaml", sets=["horizon=3m"]), trials=100)
    assert forecast.to_json()["totals"]["receipts"]["p50"] > 0
