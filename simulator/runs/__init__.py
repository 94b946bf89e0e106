"""Keep what a run leaves behind: its folder, and files that are there whole or not at all."""

from simulator.runs.blocks import TemporaryBlocks
from simulator.runs.files import explained, inside, make_folder, write_file
from simulator.runs.folder import (
    RunFolder,
    previous_run,
    reopen,
    reserve,
    safe_name,
    scenario_file,
    unfinished,
)
from simulator.runs.past import LeftOut, PastRun, PastRuns, past_runs, run_of, trials_and_seed
from simulator.runs.record import (
    Record,
    add_files,
    file_names,
    json_bytes,
    origin,
    write_results,
    write_run,
    yaml_bytes,
)
from simulator.runs.tables import csv_bytes, csv_rows

__all__ = [
    "LeftOut",
    "PastRun",
    "PastRuns",
    "Record",
    "RunFolder",
    "TemporaryBlocks",
    "add_files",
    "csv_bytes",
    "csv_rows",
    "explained",
    "file_names",
    "inside",
    "json_bytes",
    "make_folder",
    "origin",
    "past_runs",
    "previous_run",
    "reopen",
    "reserve",
    "run_of",
    "safe_name",
    "scenario_file",
    "trials_and_seed",
    "unfinished",
    "write_file",
    "write_results",
    "write_run",
    "yaml_bytes",
]
