"""Learned figures are told in words: by segment and kind, none cut so that two look alike, none too wide."""

from simulator.learning.evidence import Figure
from simulator.report.learned import figures_text
from simulator.words import length, width


def told(**figures):
    return list(
        figures_text({path.replace("__", "."): Figure(*f, 10, 5.0, 2) for path, f in figures.items()})
    )


def test_figures_stand_under_their_segment_and_kind():
    evidence = {
        "market.shared": Figure(0.026, 0.006, 0.055, 2388, 2388.0, 1),
        'segments.smb.stages."Offer v1.2".advance': Figure(0.58, 0.45, 0.71, 2388, 23.0, 1),
        'segments.smb.stages."Offer v1.2".days.median': Figure(8.85, 7.91, 9.9, 443, 23.0, 1),
        "segments.smb.calendar.monday": Figure(1.23, 1.06, 1.42, 227, 227.0, 1),
        "segments.big.calendar.monday": Figure(1.23, 1.06, 1.42, 227, 227.0, 1),
        "segments.big.payment.default.paid_by.-6": Figure(0.53, 0.47, 0.59, 1871, 112.0, 6),
    }
    lines = list(figures_text(evidence))
    assert [line for line in lines[1:] if not line.startswith(" ")] == [
        "how far deals share their luck",
        "every segment: when deals close, 1 is an even pace",
        "smb: stage Offer v1.2",
        "big: how invoices are paid",
    ]
    shown = [line.split("  ") for line in lines]
    cells = {row[1]: [cell.strip() for cell in row[2:] if cell.strip()] for row in shown if len(row) > 2}
    assert cells["moves on"] == ["58 %", "45 to 71 %", "2,388", "23", "1"]
    assert cells["days until it moves on, middle"] == ["8.8", "7.9 to 9.9", "443", "23", "1"]
    assert cells["paid by 6 days before the due date"] == ["53 %", "47 to 59 %", "1,871", "112", "6"]
    assert sum("Monday" in line for line in lines) == 1
    assert max(width(line) for line in lines) <= 100


def test_a_kind_that_nobody_foresaw_is_told_by_its_own_name():
    lines = told(segments__smb__weather__rain=(0.5, 0.1, 0.9))
    assert lines[1] == "smb: weather" and lines[2].startswith("  Rain")


def test_lengths_are_words():
    assert [length(x) for x in ("7d", "1w", "3m", "2y", "soon")] == [
        "7 days",
        "1 week",
        "3 months",
        "2 years",
        "soon",
    ]
