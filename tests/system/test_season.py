"""A running agent whose calendar has a period at this hour, and whose photocell and counter are sensors of its street."""

from __future__ import annotations

from running_street import Street, settled

# The street's clock begins at 21:30 of 20 November 2026, in Copenhagen.
REST = """\
base_pct = 10
design_class = "M3"
photocell = "lux-1"

[lighting.calendar.late]
from = "21:00"
to = "23:00"
class = "M5"
base_pct = 20

[lighting.traffic]
counter = "radar-02"
capacity_per_h = 600
"""


def test_status_says_what_the_street_rests_at_and_why(street: Street) -> None:
    text = street.config.read_text(encoding="utf-8")
    assert text.count("base_pct = 10\n") == 1
    street.config.write_text(text.replace("base_pct = 10\n", REST), encoding="utf-8")
    street.start_agent()
    street.until("all units answer and all lamps are read back", lambda _: settled(street.status()))
    street.until("counting has begun", lambda _: "not counted for long enough" in street.status()["season"]["why"])
    season = street.status()["season"]
    assert (season["night_by"], season["design_class"], season["base_pct"]) == ("clock", "M3", 20.0)
    # Less than twenty minutes were counted, so the design's class is in force; the base is the calendar's.
    assert season["why"] == "design, for traffic is not counted for long enough yet"
    assert season["next_change"] == "2026-11-20T22:00:00Z"
    assert season["next_what"] == "M3 100 %, base 10 % (design)"
    assert (season["photocell"]["device"], season["photocell"]["fault"]) == ("lux-1", "")
    assert (season["traffic"]["counter"], season["traffic"]["fault"]) == ("radar-02", "")
    assert street.status()["night"] is True
