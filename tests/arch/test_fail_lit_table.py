"""Each row of the table "Fail lit" in agent/README.md is proven by tests that are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SENSORS, TIMES, AGENT = (f"sim/test_fail_lit_{part}.py" for part in ("sensors", "season", "agent"))
PINS, BUS, LINES = "unit/test_drivers_lamps.py", "wire/test_drivers_field_bus.py", "unit/test_drivers_service.py"
CLOCK, CELL, COUNT = "unit/test_control_nightfall.py", "unit/test_control_photocell.py", "unit/test_control_traffic.py"
SEASON, HEALTH, STREET = "unit/test_control_season.py", "unit/test_health.py", "system/test_street.py"
TOLD, POLES = "unit/test_neighbours_faults.py", "unit/test_neighbours_task.py"

# The beginning of a row's first cell -> files under tests, each with the tests in it that prove the row.
PROOF: dict[str, dict[str, str]] = {
    "overrides and commands": {
        "unit/test_orders.py": "test_a_disk_that_fails_stops_nothing test_a_damaged_file_is_set_aside",
        "unit/test_uplink_downlink.py": "test_where_nothing_can_be_kept_a_lamp_follows_and_it_is_said",
    },
    "a new configuration from": {
        "system/test_commands.py": "test_a_configuration_is_proven_or_comes_back_by_itself",
        "soak/test_commands.py": "test_a_configuration_without_its_bus_comes_back_by_itself",
        "unit/test_trial.py": "test_cut_off_after_each_write test_a_second_start_has_the_old_one",
        "unit/test_probation.py": "test_what_is_not_well",
    },
    "a presence sensor is silent, or its answers": {
        SENSORS: "test_a_presence_sensor test_all_presence_sensors test_a_sensor_that_is_believed_and_not_in_turn",
        BUS: "test_noise_instead_of_answers_makes_bad_points_never_values",
        LINES: "test_two_failures_make_silence_and_pauses_that_double_up_to_10_s",
        "unit/test_tracking.py": "test_a_dead_sensor_loses_nobody",
        STREET: "test_a_dead_sensor_is_lit_at_the_class_level",
    },
    "a presence sensor answers, but not": {
        SENSORS: "test_a_presence_sensor_that_says_neither_yes_nor_no",
        "property/test_control_rubbish.py": (
            "test_rubbish_never_ends_control_and_never_darkens_who_is_seen_or_may_be_there"
        ),
    },
    "a presence sensor sees nobody": {
        SENSORS: "test_a_presence_sensor_that_never_sees_anybody",
        "unit/test_tracking.py": "test_a_sensor_that_sees_nobody_is_found_out_and_its_cell_is_lit",
    },
    "a presence sensor sees somebody": {
        SENSORS: "test_a_presence_sensor_that_always_sees_somebody test_a_pin_that_is_stuck_high",
    },
    "a pin's level": {
        SENSORS: "test_a_pin_on_which_no_level_stands",
        "unit/test_drivers_inputs.py": "test_noise_on_a_pin_is_bounded_said_once_and_ends_with_the_right_level",
    },
    "a vehicle radar is silent": {
        SENSORS: "test_a_vehicle_radar",
        "wire/test_lines_port.py": "test_unplugged_and_back test_silence_is_said_once",
        "unit/test_lines_ld2451.py": "test_one_that_is_dead_says_nothing_of_the_street",
    },
    "a vehicle radar sees": {
        SENSORS: "test_a_vehicle_radar_that_always_sees_the_same",
        "unit/test_light_wave.py": "test_who_walks_or_is_nonsense_is_nothing_to_a_radar",
    },
    "BlueZ": {
        "wire/test_ble_bluez.py": (
            "test_bluez_crashes_and_comes_back test_the_adapter_is_unplugged_and_comes_back "
            "test_the_bus_ends_and_comes_back"
        ),
    },
    "a dimmer is silent": {
        BUS: "test_a_unit_that_falls_silent_is_told_once_and_gets_its_level_when_it_is_back",
        LINES: "test_two_failures_make_silence_and_pauses_that_double_up_to_10_s",
        STREET: "test_a_pulled_line_recovers_without_a_hand",
    },
    "a dimmer has forgotten": {
        BUS: "test_an_output_is_written_again_though_nothing_changed_and_that_is_no_news",
        "unit/test_drivers_levels.py": "test_levels_are_asserted_again_and_only_changes_are_news",
    },
    "the line is gone": {
        BUS: "test_a_line_that_is_pulled_makes_all_bad_at_once_and_comes_back_by_itself",
        STREET: "test_a_pulled_line_recovers_without_a_hand",
    },
    "a pin cannot be had": {
        SENSORS: "test_a_pin_that_is_lost",
        PINS: (
            "test_a_pin_that_somebody_else_has_is_said_once_and_tried_again "
            "test_a_lamp_whose_pin_cannot_be_had_keeps_no_other_from_its_level"
        ),
        "unit/test_drivers_inputs.py": (
            "test_a_pin_that_cannot_be_read_any_more_is_told_let_go_and_had_again "
            "test_without_a_chip_every_pin_says_so_until_there_is_one"
        ),
        "system/test_pins.py": "test_without_a_chip_the_agent_lives_and_says_so",
    },
    "the agent dies": {
        STREET: "test_killed_and_started_again test_safe_lights_what_has_no_device_side_safety",
        "system/test_pins.py": "test_after_a_kill_the_pins_are_made_safe",
    },
    "the controller as a whole": {
        STREET: "test_killed_and_started_again",
        "unit/test_control_street.py": "test_boot_begins_at_the_class_level_and_fades_to_base",
    },
    "the control task hangs": {
        AGENT: "test_control_hangs",
        PINS: "test_where_control_is_dead_lamps_go_to_their_safe_level",
        BUS: "test_without_a_living_control_units_that_light_themselves_are_left_alone",
        HEALTH: (
            "test_the_watchdog_is_fed_while_all_beat_and_starves_when_one_hangs "
            "test_to_be_started_again_is_no_sign_of_life_of_what_is_vital"
        ),
        STREET: "test_the_service_manager_is_told",
    },
    "another task": {
        HEALTH: (
            "test_what_dies_is_seen_at_once_and_the_others_go_on "
            "test_pauses_double_and_are_short_again_after_a_calm_minute"
        ),
    },
    "the agent is stopped": {
        STREET: "test_stopped_in_order_the_lamps_stay_at_their_safe_level",
        "unit/test_control_task.py": "test_after_its_end_a_command_writes_nothing_and_feeds_nothing",
        "unit/test_control_street.py": "test_by_day_all_is_off_whoever_walks",
    },
    "the agent starts": {
        AGENT: "test_the_agent_starts_anew_at_night",
        "unit/test_control_street.py": (
            "test_boot_begins_at_the_class_level_and_fades_to_base "
            "test_before_any_sensor_was_read_the_street_stays_at_the_class_level"
        ),
    },
    "the configuration cannot be read": {
        STREET: "test_a_bad_configuration_touches_nothing",
        "unit/test_config_mistakes.py": "test_files_that_are_none test_no_file_and_a_folder",
    },
    "a second agent": {STREET: "test_a_second_agent_is_refused_the_socket_and_the_lines"},
    "the clock is not trusted, no photocell": {
        TIMES: "test_the_clock_is_not_trusted",
        "unit/test_control_street.py": "test_without_a_trusted_clock_the_street_is_lit",
    },
    "the clock is not trusted, the photocell": {
        TIMES: "test_the_clock_is_not_trusted_but_the_photocell",
        CLOCK: "test_without_a_trusted_clock_the_photocell_rules_alone_and_without_it_nobody_knows",
        SEASON: "test_without_a_trusted_clock_the_calendar_is_not_applied",
    },
    "the clock jumps": {
        TIMES: (
            "test_a_clock_that_jumps_and_comes_back test_a_clock_that_loses_its_trust_again_and_again "
            "test_a_monotonic_clock_that_stands_still_or_goes_back"
        ),
        CLOCK: "test_light_comes_at_once_and_goes_after_a_minute_without_a_break",
        SEASON: "test_a_clock_that_jumps_over_the_ends_of_periods_and_nights_is_not_seen",
    },
    "the clock is trusted and wrong": {TIMES: "test_a_clock_that_is_trusted_and_wrong"},
    "the photocell is silent": {
        TIMES: "test_the_photocell",
        CLOCK: "test_a_photocell_that_is_lost_in_twilight_leaves_the_rest_of_it_to_the_clock",
        CELL: "test_out_of_its_range_it_is_not_believed test_darkness_under_a_high_sun_is_a_cover",
    },
    "the photocell is frozen": {
        TIMES: "test_a_photocell_that_is_frozen_on_day_while_no_clock_is_trusted",
        CELL: "test_the_same_value_for_a_day_is_frozen",
        CLOCK: "test_a_photocell_shifts_the_clock_by_at_most_45_min",
    },
    "the photocell sees our own lamps": {
        TIMES: "test_a_photocell_beside_a_lamp",
        CELL: "test_our_own_light_is_taken_off_and_daylight_is_seen_all_the_same",
    },
    "the photocell sees our own lamps change all the time": {
        TIMES: "test_a_photocell_that_sees_our_own_lamps_all_the_time",
        CELL: "test_our_own_light_is_not_read_for_a_minute",
    },
    "the calendar has nothing": {
        TIMES: "test_a_year_of_which_the_calendar_knows_nothing",
        "unit/test_control_calendar.py": "test_outside_its_years_a_calendar_says_nothing",
    },
    "counting is silent": {
        TIMES: "test_counting_is_silent",
        COUNT: "test_any_fault_of_counting_forgets_what_was_counted",
        SEASON: "test_of_calendar_and_traffic_the_higher_wins_and_a_calendar_without_a_class_leaves_it_to_traffic",
    },
    "the counter sees nobody": {COUNT: "test_nobody_for_a_day_is_a_blind_counter_until_somebody_passes"},
    "the broker is gone": {
        "system/test_uplink.py": (
            "test_the_broker_goes_and_comes_back_and_nothing_committed_is_lost "
            "test_a_half_open_link_is_found_and_the_street_goes_on"
        ),
    },
    "the platform asks for darkness": {
        AGENT: "test_an_operator_that_wants_it_dark",
        "unit/test_uplink_commands.py": "test_the_floor_keeps_an_operator_from_the_dark test_a_demand_ends_by_itself",
    },
    "the platform, or whoever": {
        "unit/test_uplink_task.py": "test_a_flood_of_nonsense_is_counted_and_not_all_told",
        "unit/test_uplink_wishes.py": "test_any_bytes_are_a_wish_or_unwanted",
        "wire/test_uplink_mqtt.py": "test_what_nobody_takes_is_dropped_and_counted",
    },
    "a client of the local API": {
        STREET: (
            "test_bad_demands_are_refused_with_their_reason test_rubbish_is_answered_and_the_connection_lives_on "
            "test_a_line_without_end_is_refused"
        ),
        "wire/test_local_server.py": "test_so_many_at_a_time_and_no_more",
    },
    "a neighbour is silent": {
        AGENT: "test_a_neighbour_is_silent",
        TOLD: "test_silent_and_back test_one_who_does_not_see_is_as_good_as_silent",
        "sim/test_neighbours_wave.py": "test_beside_a_controller_that_is_gone_the_seam_is_at_the_class_level",
        "system/test_neighbours.py": "test_one_unbroken_wave_and_the_class_level_beside_one_that_is_killed",
    },
    "a neighbour tells nonsense": {
        AGENT: "test_a_neighbour_that_is_heard_and_tells_nonsense",
        TOLD: "test_a_message_may_only_raise_light_and_not_for_long",
        "unit/test_light_wave.py": "test_announcements_leave_room_for_whoever_is_seen",
    },
    "a neighbour's message": {
        TOLD: "test_forged test_replayed test_late test_from_the_future test_too_many test_changed_on_the_way",
    },
    "the link to the neighbours": {
        POLES: (
            "test_without_the_extra_it_says_what_to_install_and_the_seams_stay_lit "
            "test_without_its_secret_nothing_is_said_until_it_is_there test_when_it_ends_the_seams_are_lit"
        ),
    },
    "the journal cannot write": {
        "unit/test_uplink_task.py": "test_a_fault_of_the_journal_keeps_all_in_memory",
        "unit/test_journal_damage.py": "test_damage_that_is_met_while_running_does_not_lose_the_commit",
        "wire/test_journal_disk.py": "test_a_disk_that_others_fill test_a_read_only_disk",
    },
    "a lamp fails behind": {
        "unit/test_lamp_health.py": (
            "test_a_lamp_that_draws_too_little_for_its_level_has_failed "
            "test_a_lamp_that_the_shared_meter_misses_has_failed test_a_lamp_whose_unit_says_so_has_failed"
        ),
    },
    "counters of lamps and pulses": {
        "unit/test_kept.py": "test_a_folder_that_is_not_there_is_told_once test_what_is_torn_or_foreign_is_set_aside_and_told",
    },
}


def rows() -> list[str]:
    """The first cells of the table."""
    text = (ROOT / "agent/README.md").read_text(encoding="utf-8")
    table = text.partition("\n## Fail lit\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert cells[0] == "what fails"
    return cells[2:]


def proof_of(row: str) -> str:
    """The key of PROOF that is meant: the longest that the row begins with."""
    return max((key for key in PROOF if row.startswith(key)), key=len, default="")


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", rows())
def test_a_row_is_proven(row: str) -> None:
    assert proof_of(row), "no test is named for this row"
    for file, names in PROOF[proof_of(row)].items():
        assert set(names.split()) <= names_in(file), file


def test_nothing_is_proven_that_is_not_said() -> None:
    assert sorted(map(proof_of, rows())) == sorted(PROOF)
