"""What D-Bus and BlueZ answer when they refuse, in words that say what to do. Pure."""

from __future__ import annotations

_BUS = "org.freedesktop.DBus.Error."
_BLUEZ = "org.bluez.Error."

NO_BLUEZ = "there is no BlueZ on the system bus; is bluetooth.service running?"

_SAYS = {
    f"{_BUS}ServiceUnknown": NO_BLUEZ,
    f"{_BUS}NameHasNoOwner": NO_BLUEZ,
    f"{_BUS}NoReply": "BlueZ does not answer",
    f"{_BUS}AccessDenied": "the system bus does not let this user speak to BlueZ; put it into the group bluetooth",
    f"{_BLUEZ}NotReady": "{adapter} is switched off; `bluetoothctl power on`, or `rfkill unblock bluetooth`",
    f"{_BLUEZ}NotPermitted": "{adapter} advertises already as many as it can",
    f"{_BLUEZ}InvalidLength": "the advert is too long for {adapter}",
    f"{_BLUEZ}InProgress": "{adapter} is busy",
}


def refusal(error: str, text: str, adapter: str) -> str:
    """Return why D-Bus or BlueZ refuses, from its error's name and text."""
    says = _SAYS.get(error)
    return says.format(adapter=adapter) if says is not None else f"{text or 'refused'} ({error.rpartition('.')[2]})"


def no_adapter(adapter: str, others: list[str]) -> str:
    """Return that BlueZ has no such adapter, and which it has."""
    has = f"it has {', '.join(sorted(others))}" if others else "it has none; is there a Bluetooth controller?"
    return f"BlueZ has no adapter {adapter}: {has}"
