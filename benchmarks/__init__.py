"""Measure the program: its speed, and its forecasts of public data."""
