"""Checks of the installed service, in order: `service_run.py service ROWS [CHECK …]`; service.sh says in which machine."""

from __future__ import annotations

import sys

from rows import Checks, main
from service_checks import (
    a_bundle_is_written,
    a_configuration_is_taken_back_that_cuts_off_the_lamps,
    a_configuration_proves_itself,
    a_hung_agent_is_killed_and_the_lamps_are_lit,
    a_mistake_is_refused,
    a_restart_is_the_same_process,
    a_trial_that_is_killed_is_taken_back,
    a_trial_that_is_stopped_is_taken_back,
    install_lets_the_platform_configure,
    install_sh_refuses_what_it_does_not_know,
    the_log_level_changes,
    the_service_comes_up,
    without_leave_a_configuration_is_refused,
)

ALL: Checks = (
    the_service_comes_up,
    the_log_level_changes,
    a_bundle_is_written,
    a_restart_is_the_same_process,
    without_leave_a_configuration_is_refused,
    install_lets_the_platform_configure,
    install_sh_refuses_what_it_does_not_know,
    a_mistake_is_refused,
    a_configuration_proves_itself,
    a_configuration_is_taken_back_that_cuts_off_the_lamps,
    a_trial_that_is_killed_is_taken_back,
    a_trial_that_is_stopped_is_taken_back,
    a_hung_agent_is_killed_and_the_lamps_are_lit,
)

if __name__ == "__main__":
    sys.exit(main(__file__, sys.argv[1], ALL, *sys.argv[2:]))
