"""Render a forecast for people: everything here is made from forecast.json, nothing is simulated."""

from simulator.report.screen import first_screen
from simulator.report.tables import detail_tables, table_by

__all__ = ["detail_tables", "first_screen", "table_by"]
