"""The BlueZ of python-dbusmock, which is not ours: a process of its own on a test's bus, spoken to as its documents say."""

from __future__ import annotations

import subprocess
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
_MOCK = "org.bluez.Mock"


class MockBluez:
    """`org.bluez` with adapters and devices that a test adds. It knows nothing of adverts."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._bus: MessageBus | None = None

    async def start(self) -> None:
        """Start it, and wait until it has its name."""
        self._bus = await MessageBus(self._address).connect()
        rule = "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'"
        await self._call("AddMatch", "s", [rule], to="org.freedesktop.DBus", interface="org.freedesktop.DBus")
        owned = self._bus._loop.create_future()

        def named(message: Message) -> None:
            if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged" and not owned.done():
                owned.set_result(None)

        self._bus.add_message_handler(named)
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it is made in a moment
            [PYTHON, "-m", "dbusmock", "--system", "--template", "bluez5"],
            env={"DBUS_SYSTEM_BUS_ADDRESS": self._address},
            stdout=subprocess.DEVNULL,
        )
        await owned

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        if self._bus is not None:
            self._bus.disconnect()

    async def add_adapter(self, name: str) -> None:
        """Add an adapter."""
        await self._call("AddAdapter", "ss", [name, "a pole"], interface=_MOCK)

    async def remove_adapter(self, name: str) -> None:
        """Remove an adapter."""
        await self._call("RemoveAdapter", "s", [name], interface=_MOCK)

    async def add_device(self, adapter: str, address: str) -> str:
        """Add a device, which the mock hears at -79 dBm; return its path."""
        path: str = (await self._call("AddDevice", "sss", [adapter, address, "a beacon"], interface=_MOCK))[0]
        return path

    async def discovering(self, adapter: str) -> bool:
        """Return whether somebody listens."""
        body = ["org.bluez.Adapter1", "Discovering"]
        answer = await self._call(
            "Get", "ss", body, path=f"/org/bluez/{adapter}", interface="org.freedesktop.DBus.Properties"
        )
        return bool(answer[0].value)

    async def changes(self, path: str, **said: Variant) -> None:
        """Change what a device says."""
        values = [Variant("s", "org.bluez.Device1"), Variant("a{sv}", said), Variant("as", [])]
        body = ["org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", values]
        await self._call("EmitSignal", "sssav", body, path=path, interface="org.freedesktop.DBus.Mock")

    async def _call(
        self, member: str, signature: str, body: list[Any], *, interface: str, path: str = "/", to: str = "org.bluez"
    ) -> list[Any]:
        assert self._bus is not None
        answer = await self._bus.call(Message(to, path, interface, member, signature=signature, body=body))
        assert answer is not None
        assert answer.message_type is MessageType.METHOD_RETURN, answer.body
        return list(answer.body)
