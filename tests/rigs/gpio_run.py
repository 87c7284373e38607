"""Checks of the product's pins against a chip: `gpio_run.py RIG ROWS [CHECK …]`, RIG one of uml, gpiomem, pi3b.

Each check runs in a process of its own and answers with its figures; a row of each is added to the file ROWS.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent_check import agent_sees_presence
from gpio_checks import (
    a_chip_that_there_is_not,
    a_pin_that_gets_free_is_had,
    a_pin_that_is_in_use,
    a_pin_that_there_is_not,
    an_output_begins_with_its_level,
    an_output_begins_with_its_level_in_the_registers,
    counters_lose_no_pulse,
    inputs_tell_levels_and_both_edges,
    levels_are_driven,
    polled_counters_at_100_hz,
    polled_counters_lose_no_pulse_of_30_ms,
    pull_resistors_hold_a_pin_that_nothing_drives,
    pulse_widths_as_looked_at,
    pulse_widths_as_the_kernel_notes_them,
    what_is_left_of_an_output,
)

LONGEST_S = 300.0

Checks = tuple[Callable[[], str], ...]
ALL: dict[str, Checks] = {
    "uml": (
        inputs_tell_levels_and_both_edges,
        pull_resistors_hold_a_pin_that_nothing_drives,
        an_output_begins_with_its_level,
        levels_are_driven,
        pulse_widths_as_the_kernel_notes_them,
        what_is_left_of_an_output,
        a_pin_that_there_is_not,
        a_pin_that_is_in_use,
        a_pin_that_gets_free_is_had,
        a_chip_that_there_is_not,
        agent_sees_presence,
        counters_lose_no_pulse,
    ),
    "gpiomem": (
        inputs_tell_levels_and_both_edges,
        an_output_begins_with_its_level_in_the_registers,
        levels_are_driven,
        pulse_widths_as_looked_at,
        what_is_left_of_an_output,
        a_pin_that_there_is_not,
        agent_sees_presence,
        polled_counters_lose_no_pulse_of_30_ms,
        polled_counters_at_100_hz,
    ),
    "pi3b": (
        inputs_tell_levels_and_both_edges,
        an_output_begins_with_its_level_in_the_registers,
        levels_are_driven,
        pulse_widths_as_looked_at,
        what_is_left_of_an_output,
        a_pin_that_there_is_not,
        agent_sees_presence,
        polled_counters_lose_no_pulse_of_30_ms,
    ),
}


def run(rig: str, name: str) -> tuple[bool, str]:
    """Run a check in a process of its own; return whether it passed, and its figures or what went wrong."""
    try:
        done = subprocess.run(
            [sys.executable, __file__, rig, "-", name], capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"not done in {LONGEST_S:.0f} s"
    said = (done.stdout if done.returncode == 0 else done.stderr).strip() or f"status {done.returncode}"
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0, said.splitlines()[-1]


def main(rig: str, rows: str, names: list[str]) -> int:
    checks = {check.__name__: check for check in ALL[rig]}
    if rows == "-":
        print(checks[names[0]]())
        return 0
    failed = 0
    for name in names or checks:
        begin_s = time.monotonic()
        passed, said = run(rig, name)
        failed += not passed
        row = f"{rig:8}{'ok' if passed else 'FAILED':8}{time.monotonic() - begin_s:6.1f} s  {name.replace('_', ' ')}: {said}"
        print(row, flush=True)
        with Path(rows).open("a", encoding="utf-8") as file:
            print(row, file=file)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
