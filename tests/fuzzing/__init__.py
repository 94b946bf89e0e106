"""Searches for input that breaks the reading of files and of what people type."""
