"""What ends a step of enrolment. Pure."""

from __future__ import annotations


class Refusal(Exception):
    """A step that is not taken, with nothing changed. The text names the place and what helps."""
