"""Whether a certificate holds at a moment, in words. Without a trusted clock only what is certain is said. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from agent.identity.der import Certificate

Standing = Literal["good", "soon", "ended", "early", "unsure"]
_DAY = timedelta(days=1)


class Now(msgspec.Struct, frozen=True):
    """The latest moment that has certainly been (UTC), and whether it is now: not where no clock is trusted."""

    utc: datetime
    trusted: bool


class Judged(msgspec.Struct, frozen=True):
    """How a certificate stands, and what a person is told of it."""

    standing: Standing
    says: str


def judge(certificate: Certificate, now: Now, warn_days: float) -> Judged:
    """Judge our own certificate: `soon` when it ends within `warn_days`, `unsure` while nobody knows the time."""
    ends = certificate.not_after.date().isoformat()
    left = certificate.not_after - now.utc
    if left <= timedelta(0):
        return Judged("ended", f"ended on {ends}")
    if not now.trusted:
        return Judged("unsure", f"ends on {ends}; the clock is not trusted")
    if now.utc < certificate.not_before:
        return Judged("early", f"holds only from {certificate.not_before.date().isoformat()} on")
    return Judged("soon" if left <= warn_days * _DAY else "good", f"expires in {days(left)}")


def distrust(not_before: datetime, not_after: datetime, now: Now) -> str:
    """Return why the broker's certificate is not believed at this moment; "" if it is.

    Without a trusted clock it can be certain that a certificate has ended, not that it is early.
    """
    if now.utc > not_after:
        return f"the broker's certificate has ended on {not_after.date().isoformat()}"
    if now.trusted and now.utc < not_before:
        return f"the broker's certificate holds only from {not_before.date().isoformat()} on"
    return ""


def days(span: timedelta) -> str:
    """Return a span in words: days, below two of them hours."""
    if span < 2 * _DAY:
        hours = max(round(span / timedelta(hours=1)), 1)
        return f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{span // _DAY} days"
