"""Run the command line, as `python -m simulator` or by its own name."""

import sys

from simulator.errors import INTERRUPTED


def main() -> None:
    """Run the command line; Ctrl-C ends it in one way, also while all is still being imported."""
    try:
        from simulator.cli import main as command

        command(prog_name="simulator")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
