"""List the codes of what is refused apart from files: wrong usage, and what the machine refuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from simulator.errors import Code

WRONG_USAGE: Final = "U001"
"""What click says of a command line."""
REFUSALS: Final = MappingProxyType(
    {
        # ---- usage
        "U001": Code("wrong command line", "options and arguments fit together", "see the command's --help"),
        "U002": Code("unfit argument", "each argument has its form and range", "see the message"),
        "U003": Code("unknown name", "what is asked for by name exists", "see the message"),
        "U004": Code(
            "somebody else's file", "only what this program wrote is overwritten", "name another folder"
        ),
        "U005": Code(
            "no run there", "a run's folder holds what a finished run has left", "run the forecast, or anew"
        ),
        "U006": Code(
            "not forecast", "questions are about what the scenario forecasts", "ask for another series"
        ),
        "U007": Code(
            "runs do not compare", "two runs are of one company, the earlier one first", "name two others"
        ),
        "U008": Code(
            "unfit comparison", "variants have names of their own, and can be played", "correct the cases"
        ),
        "U009": Code("unfit backtest", "past days lie inside of what history knows", "move --from, --until"),
        "U010": Code("unfit cluster", "clusters are local, or guarded by TLS", "see docs/scale.md"),
        "U011": Code(
            "a secret on the command line",
            "no password, key or token is given to a command",
            "keep it in an environment variable or a file, and name that under data.database",
        ),
        "U012": Code(
            "an open question", "what no file tells is said by an option, or asked at a terminal", "say it"
        ),
        # ---- the place: the machine refuses
        "P002": Code("not there", "what is named on the command line exists", "correct the path"),
        "P003": Code("cannot be read", "files can be read by you", "see who owns it: ls -l"),
        "P004": Code(
            "cannot be written", "folders can be written to, and the disk has room", "free the place"
        ),
        "P005": Code(
            "a link in the way",
            "what is written stays in its folder: no link leads out of it",
            "take the link away, or name another folder with --out",
        ),
        "P006": Code("a file for a folder", "folders are folders", "name a folder"),
        "P007": Code(
            "somebody writes there", "one process at a time writes into a folder", "wait, or use --out"
        ),
        "P008": Code("nothing to resume", "only what was cut short can be finished", "leave out --resume"),
        "P009": Code(
            "begun with something else",
            "a run is finished with what it began with",
            "give it the same, or leave out --resume",
        ),
        "P010": Code("a worker was killed", "workers have the memory they need", "use fewer --workers"),
        "P011": Code(
            "no cluster answers", "scheduler and workers are there", "start them; see docs/scale.md"
        ),
        "P012": Code("cluster lost", "the cluster stays until the run is done", "run again with --resume"),
        "P013": Code(
            "another version there", "a cluster has the versions that are here", "install the same there"
        ),
        "P014": Code("unreadable TLS files", "TLS needs three readable files", "see docs/scale.md"),
        "P015": Code("no standard output", "somebody reads what is printed", "look at the end of the pipe"),
        "P016": Code("a wrong library", "the numerical libraries are right", "install them anew"),
        "P017": Code(
            "a part is not installed", "extras are installed where they are used", "pip install as it says"
        ),
    }
)
