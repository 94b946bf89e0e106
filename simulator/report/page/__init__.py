"""Show a run as one HTML page that works offline and asks for nothing from anywhere."""

from simulator.report.page.html import page

__all__ = ["page"]
