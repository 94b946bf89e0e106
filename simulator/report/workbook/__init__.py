"""Show a run as a workbook that finance reuses: every number as the files have it, charts made of cells."""

from simulator.report.workbook.book import workbook

__all__ = ["workbook"]
