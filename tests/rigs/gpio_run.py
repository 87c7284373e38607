"""Checks of the product's pins against a chip: `gpio_run.py RIG ROWS [CHECK …]`, RIG one of uml, gpiomem, pi3b.

Each check runs in a process of its own and answers with its figures; a row of each is added to the file ROWS.
"""

from __future__ import annotations

import sys

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
from rows import Checks, main

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


if __name__ == "__main__":
    sys.exit(main(__file__, sys.argv[1], ALL[sys.argv[1]], *sys.argv[2:]))
