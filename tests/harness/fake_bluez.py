"""What BlueZ does with adverts, on a real bus: it asks for their properties and judges them as its src/advertising.c does.

Written from BlueZ's manual pages and that file, for a controller that nobody needs. It keeps the owner of each advert in sight.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

OBJECTS = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
MANAGER = "org.bluez.LEAdvertisingManager1"
ADVERT = "org.bluez.LEAdvertisement1"

_TYPES = {
    "Type": "s", "MinInterval": "u", "MaxInterval": "u",
    "ServiceUUIDs": "as", "ManufacturerData": "a{qv}", "ServiceData": "a{sv}",
}  # fmt: skip


class FakeBluez:
    """`org.bluez` with one adapter. What it holds is plain; `places` is how many adverts its controller can send."""

    def __init__(self, address: str, *, adapter: str = "hci0", places: int = 5, low_energy: bool = True) -> None:
        self._address = address
        self._path = f"/org/bluez/{adapter}"
        self._low_energy = low_energy
        self.places = places
        self.powered = True
        self.present = True
        self.mute = False  # it takes calls and does not answer
        self.on_air: dict[tuple[str, str], dict[str, Any]] = {}  # by the owner and its path
        self.filters: dict[str, dict[str, Any]] = {}
        self.discovering: set[str] = set()
        self.heard: dict[str, dict[str, Variant]] = {}
        self._bus: MessageBus | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self.news = asyncio.Condition()

    @property
    def bus(self) -> MessageBus:
        """The connection."""
        assert self._bus is not None
        return self._bus

    async def start(self) -> None:
        """Take the name."""
        self._bus = await MessageBus(self._address).connect()
        self._bus.add_message_handler(self._message)
        rule = "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'"
        await self._bus.call(
            Message(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "AddMatch",
                signature="s",
                body=[rule],
            )
        )
        await self._bus.request_name("org.bluez")

    async def stop(self) -> None:
        """Crash: all that it knew is gone."""
        bus, self._bus = self._bus, None
        self.on_air.clear()
        self.discovering.clear()
        self.filters.clear()
        self.heard.clear()
        if bus is not None:
            bus.disconnect()
            with contextlib.suppress(EOFError):  # the daemon itself is gone
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def until_on_air(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many adverts are on the air; return them in the order of their paths."""
        await self._until(lambda: len(self.on_air) == count)
        return [advert for _, advert in sorted(self.on_air.items(), key=lambda item: item[0][1])]

    async def until_discovering(self) -> None:
        """Wait until somebody listens."""
        await self._until(lambda: bool(self.discovering))

    async def _until(self, true: Any) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(true)

    async def hears(self, address: str, rssi_dbm: int | None = None, **said: Mapping[Any, bytes]) -> None:
        """Hear a device: `ManufacturerData`, `ServiceData`."""
        path = f"{self._path}/dev_{address.replace(':', '_')}"
        changed: dict[str, Variant] = {} if rssi_dbm is None else {"RSSI": Variant("n", rssi_dbm)}
        for name, values in said.items():
            changed[name] = Variant(_TYPES[name], {key: Variant("ay", data) for key, data in values.items()})
        if path in self.heard:
            self.heard[path].update(changed)
            await self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [DEVICE, changed, []])
        else:
            self.heard[path] = {"Address": Variant("s", address), **changed}
            await self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, {DEVICE: self.heard[path]}])

    async def forgets(self, address: str) -> None:
        """Forget a device that was not heard for long."""
        path = f"{self._path}/dev_{address.replace(':', '_')}"
        del self.heard[path]
        await self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, [DEVICE]])

    async def power(self, *, on: bool) -> None:
        """Switch the adapter."""
        self.powered = on
        if not on:
            self.on_air.clear()
            self.discovering.clear()
        await self._signal(
            self._path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [ADAPTER, {"Powered": Variant("b", on)}, []]
        )

    async def unplug(self) -> None:
        """Lose the adapter."""
        self.present = False
        self.on_air.clear()
        await self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [self._path, [ADAPTER, MANAGER]])

    async def release(self, key: tuple[str, str]) -> None:
        """Take an advert off the air, and tell its owner."""
        del self.on_air[key]
        owner, path = key
        await self.bus.call(Message(owner, path, ADVERT, "Release"))

    async def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        await self.bus.send(Message.new_signal(path, interface, member, signature, body))

    def _message(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, new = message.body
            if not new:  # who is gone advertises no more
                self.on_air = {key: advert for key, advert in self.on_air.items() if key[0] != name}
                self.discovering.discard(name)
                self._tell()
        if message.message_type is not MessageType.METHOD_CALL or message.destination == self.bus.unique_name:
            return None
        if self.mute:
            return True
        return self._called(message)

    def _called(self, message: Message) -> Message | bool | None:
        sender = message.sender or ""
        match message.member:
            case "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects()])
            case "SetDiscoveryFilter":
                self.filters[sender] = {name: value.value for name, value in message.body[0].items()}
                return Message.new_method_return(message)
            case "StartDiscovery":
                if sender in self.discovering:
                    return Message.new_error(message, "org.bluez.Error.InProgress", "Operation already in progress")
                self.discovering.add(sender)
                self._tell()
                return Message.new_method_return(message)
            case "RegisterAdvertisement":
                task = asyncio.get_running_loop().create_task(self._register(message))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                return True
        return None

    def _objects(self) -> dict[str, Any]:
        if not self.present:
            return {"/org/bluez": {"org.bluez.AgentManager1": {}}}
        adapter = {"Powered": Variant("b", self.powered), "Address": Variant("s", "00:00:5E:00:53:01")}
        has: dict[str, Any] = {ADAPTER: adapter}
        if self._low_energy:
            has[MANAGER] = {"SupportedInstances": Variant("y", self.places - len(self.on_air))}
        devices = {path: {DEVICE: said} for path, said in self.heard.items()}
        return {"/org/bluez": {"org.bluez.AgentManager1": {}}, self._path: has, **devices}

    async def _register(self, message: Message) -> None:
        owner, path = message.sender or "", message.body[0]
        if (owner, path) in self.on_air:
            answer = Message.new_error(message, "org.bluez.Error.AlreadyExists", "Already Exists")
        elif len(self.on_air) >= self.places:
            answer = Message.new_error(message, "org.bluez.Error.NotPermitted", "Maximum advertisements reached")
        else:
            said = await self.bus.call(Message(owner, path, PROPERTIES, "GetAll", signature="s", body=[ADVERT]))
            fault = "nothing" if said is None or said.message_type is MessageType.ERROR else _fault(said.body[0])
            if fault:
                text = f"Failed to parse advertisement. ({fault})"
                answer = Message.new_error(message, "org.bluez.Error.Failed", text)
            else:
                assert said is not None
                self.on_air[owner, path] = {name: _plain(value) for name, value in said.body[0].items()}
                answer = Message.new_method_return(message)
        await self.bus.send(answer)
        self._tell()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self.news:
                self.news.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _fault(said: dict[str, Variant]) -> str:
    """Return what advertising.c would not take."""
    for name, value in said.items():
        if _TYPES.get(name) != value.signature:
            return f"{name} of type {value.signature}"
    if said["Type"].value not in ("broadcast", "peripheral"):
        return "Type"
    least, most = said["MinInterval"].value, said["MaxInterval"].value
    if not 20 <= least <= most <= 10_485_000:
        return "intervals"
    length = sum(4 + len(data.value) for data in said.get("ManufacturerData", _NOTHING).value.values())
    length += sum(4 + len(data.value) for data in said.get("ServiceData", _NOTHING).value.values())
    length += 2 + 2 * len(said["ServiceUUIDs"].value) if "ServiceUUIDs" in said else 0
    return f"{length} bytes" if length > 31 else ""


_NOTHING = Variant("a{sv}", {})


def _plain(value: Variant) -> Any:
    if isinstance(value.value, dict):
        return {key: inner.value for key, inner in value.value.items()}
    return value.value
