"""Say whether what was played agrees with what is known of it exactly."""

from __future__ import annotations


def self_check_text(passed: bool, whose: str = "", folder: bool = False) -> str:
    """Say how a self-check ended.

    Args:
        passed: whether all agreed.
        whose: which plays failed, "" where there is one.
        folder: whether a run's folder can be sent with the report of a failure.
    """
    if passed:
        return "Self-check passed."
    where = f" ({whose})" if whose else ""
    sent = " with the run's folder" if folder else ""
    return (
        f"SELF-CHECK FAILED{where}: simulated and exact averages differ by more than chance allows. Do not "
        f"use these numbers; this is a defect of the program, please report it{sent}."
    )
