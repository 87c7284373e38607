"""The radio, through BlueZ on the system bus: adverts that are on the air, and adverts that are heard.

Source: BlueZ's org.bluez.LEAdvertisingManager, LEAdvertisement, Adapter and Device (5), and its src/advertising.c.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from dbus_fast import BusType, DBusFastError, Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.unpack import unpack_variants

from drivers.ble.adverts import service_uuid
from drivers.ble.devices import Devices, Heard
from drivers.ble.encoding import Payload
from drivers.ble.reasons import NO_BLUEZ, no_adapter, refusal
from drivers.ble.records import EDDYSTONE
from drivers.errors import LinkLost, Refused

_BLUEZ = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_DEVICE = "org.bluez.Device1"
_MANAGER = "org.bluez.LEAdvertisingManager1"
_ADVERT = "org.bluez.LEAdvertisement1"
_BUS = "org.freedesktop.DBus"
_OBJECTS = "org.freedesktop.DBus.ObjectManager"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_OURS = "/gadelys/beacon/"  # our own objects, under which BlueZ finds what to advertise

_ANSWER_S = 10.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0
_AGAIN_S = 30.0  # how often an advert that was refused is tried again
_BEAT_S = 2.0

_BUS_GONE = "the system bus is gone"


class _Place(msgspec.Struct, frozen=True):
    """Who is called, and where."""

    to: str
    path: str
    interface: str


class Broadcast(msgspec.Struct, frozen=True):
    """What is to be on the air: its name, what it says, and how often (ms)."""

    name: str
    payload: Payload
    interval_ms: int


class BleSink(Protocol):
    """Who is told. All calls are made on the event loop."""

    def on_air(self, name: str, fault: str) -> None:
        """An advert is on the air, or is not, and why."""

    def listening(self, fault: str) -> None:
        """Adverts are listened for from now on, or are not, and why."""

    def heard(self, heard: Heard) -> None:
        """An advert was heard."""


class Radio:
    """Keeps adverts on the air and listens, as long as `run` runs. All methods are for the event loop."""

    def __init__(
        self, adapter: str, broadcasts: Sequence[Broadcast], *, listen: bool, sink: BleSink, address: str | None = None
    ) -> None:
        """`address` of the bus; none: the system's."""
        self._adapter = adapter
        self._path = f"/org/bluez/{adapter}"
        self._broadcasts = {f"{_OURS}{number}": broadcast for number, broadcast in enumerate(broadcasts)}
        self._listen = listen
        self._sink = sink
        self._address = address
        self._fault: dict[str, str | None] = {}  # by path; empty: on the air, none: not told yet
        self._heard_fault: str | None = None
        self._devices = Devices()
        self._bus: MessageBus | None = None
        self._owner = ""
        self._began = False
        self._can_advertise = False
        self._lost: asyncio.Future[str] | None = None
        self.beat: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Serve until cancelled; whatever ends the session (a bus, BlueZ, an adapter), a new one is tried."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self.session()
            except LinkLost as error:
                self._all_lost(str(error))
            if self._began:
                pause_s = _FIRST_PAUSE_S
            await self._rest(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def session(self) -> None:
        """Connect, put everything on the air, and stay until cancelled. LinkLost when it ends, or cannot begin."""
        self.beat()
        self._began = False
        self._lost = asyncio.get_running_loop().create_future()
        self._devices = Devices()
        try:
            await self._connect()
            await self._find_adapter()
            await self._register()
            if self._listen:
                await self._start_listening()
            self._began = True
            await self._stay()
        except Refused as error:
            raise LinkLost(str(error)) from None
        finally:
            bus, self._bus = self._bus, None
            if bus is not None:
                bus.disconnect()

    async def _rest(self, pause_s: float) -> None:
        while pause_s > 0:
            self.beat()
            await asyncio.sleep(min(pause_s, _BEAT_S))
            pause_s -= _BEAT_S

    async def _stay(self) -> None:
        """Stay until something is lost: LinkLost. What is refused is tried again now and then."""
        lost, waited_s = self._lost, 0.0
        while lost is not None:
            self.beat()
            await asyncio.wait([lost], timeout=_BEAT_S)
            if self._bus is None or not self._bus.connected:
                raise LinkLost(_BUS_GONE)
            if lost.done():
                raise LinkLost(lost.result())
            waited_s += _BEAT_S
            if waited_s >= _AGAIN_S:
                waited_s = 0.0
                await self._register()

    async def _connect(self) -> None:
        """Connect to the bus, and hear what BlueZ tells. LinkLost, Refused."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                bus = self._bus = await MessageBus(self._address, BusType.SYSTEM).connect()
        except (OSError, EOFError, DBusFastError, ValueError, TimeoutError) as error:
            raise LinkLost(f"there is no system bus here: {_why(error)}") from None
        bus.add_message_handler(self._message)
        daemon = _Place(_BUS, "/org/freedesktop/DBus", _BUS)
        for rule in (
            f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{_BLUEZ}'",
            f"type='signal',sender='{_BLUEZ}',interface='{_OBJECTS}'",
            f"type='signal',sender='{_BLUEZ}',interface='{_PROPERTIES}',path_namespace='/org/bluez'",
        ):
            await self._call(daemon, "AddMatch", "s", rule)
        (self._owner,) = await self._call(daemon, "GetNameOwner", "s", _BLUEZ)

    async def _find_adapter(self) -> None:
        """Find the adapter, and what is known of the devices around. LinkLost, Refused."""
        (objects,) = await self._call(_Place(_BLUEZ, "/", _OBJECTS), "GetManagedObjects")
        adapter = objects.get(self._path, {}).get(_ADAPTER)
        if adapter is None:
            others = [path.rpartition("/")[2] for path, has in objects.items() if _ADAPTER in has]
            raise LinkLost(no_adapter(self._adapter, others))
        if not adapter.get("Powered", False):
            raise LinkLost(refusal("org.bluez.Error.NotReady", "", self._adapter))
        self._can_advertise = _MANAGER in objects[self._path]
        for path, has in objects.items():
            if _DEVICE in has and path.startswith(f"{self._path}/"):
                self._devices.known(path, has[_DEVICE])

    async def _register(self) -> None:
        """Put on the air what is not. LinkLost if the bus goes."""
        for path, broadcast in self._broadcasts.items():
            if self._fault.get(path) == "":
                continue
            if not self._can_advertise:
                self._on_air(path, broadcast, f"{self._adapter} cannot advertise: it has no Bluetooth Low Energy")
                continue
            try:
                await self._call(self._at(_MANAGER), "RegisterAdvertisement", "oa{sv}", path, {})
            except Refused as error:
                self._on_air(path, broadcast, str(error))
            else:
                self._on_air(path, broadcast, "")

    async def _start_listening(self) -> None:
        """Ask for every advert, also one that is as before. Refused, LinkLost."""
        wanted = {"Transport": Variant("s", "le"), "DuplicateData": Variant("b", True)}
        await self._call(self._at(_ADAPTER), "SetDiscoveryFilter", "a{sv}", wanted)
        await self._call(self._at(_ADAPTER), "StartDiscovery")
        self._hears("")

    def _at(self, interface: str) -> _Place:
        return _Place(_BLUEZ, self._path, interface)

    async def _call(self, place: _Place, member: str, signature: str = "", *body: object) -> list[Any]:
        """Call a method; return what it answers, without variants. Refused, LinkLost."""
        bus = self._bus
        if bus is None or not bus.connected:
            raise LinkLost(_BUS_GONE)
        message = Message(
            destination=place.to,
            path=place.path,
            interface=place.interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=MessageFlag.NO_AUTOSTART,
        )
        try:
            async with asyncio.timeout(_ANSWER_S):
                answer = await bus.call(message)
        except TimeoutError:
            raise LinkLost("BlueZ does not answer") from None
        except (OSError, EOFError, DBusFastError) as error:
            raise LinkLost(f"{_BUS_GONE}: {error}") from None
        if answer is None:
            raise LinkLost(_BUS_GONE)
        if answer.message_type is MessageType.ERROR:
            text = str(answer.body[0]) if answer.body else ""
            raise Refused(refusal(answer.error_name or "", text, self._adapter), 0)
        return [unpack_variants(value) for value in answer.body]

    def _message(self, message: Message) -> Message | bool | None:
        """Take what comes from the bus: signals of BlueZ, and its questions what to advertise."""
        if message.message_type is MessageType.METHOD_CALL:
            return self._asked(message)
        if message.message_type is not MessageType.SIGNAL:
            return None
        if message.sender == _BUS and message.member == "NameOwnerChanged" and message.body[0] == _BLUEZ:
            self._end(NO_BLUEZ)
        elif message.sender == self._owner:
            self._told(message)
        return None

    def _told(self, message: Message) -> None:
        """Take a signal of BlueZ."""
        path = message.path or ""
        match message.member, message.signature:
            case "PropertiesChanged", "sa{sv}as":
                self._changed(path, message.body[0], unpack_variants(message.body[1]))
            case "InterfacesAdded", "oa{sa{sv}}":
                path, added = message.body
                if _DEVICE in added:
                    self._changed(path, _DEVICE, unpack_variants(added[_DEVICE]))
            case "InterfacesRemoved", "oas":
                path, removed = message.body
                if path == self._path and _ADAPTER in removed:
                    self._end(f"{self._adapter} is gone")
                elif _DEVICE in removed:
                    self._devices.gone(path)

    def _changed(self, path: str, interface: str, said: Mapping[str, Any]) -> None:
        if interface == _ADAPTER and path == self._path and said.get("Powered") is False:
            self._end(refusal("org.bluez.Error.NotReady", "", self._adapter))
        elif interface == _DEVICE and path.startswith(f"{self._path}/"):
            heard = self._devices.changed(path, said)
            if heard is not None and self._listen:
                self._sink.heard(heard)

    def _asked(self, message: Message) -> Message | None:
        """Answer what BlueZ asks of an advert of ours; nobody else is answered."""
        broadcast = self._broadcasts.get(message.path or "")
        if broadcast is None or message.sender != self._owner:
            return None
        match message.interface, message.member:
            case "org.freedesktop.DBus.Properties", "GetAll":
                return Message.new_method_return(message, "a{sv}", [_properties(broadcast)])
            case "org.freedesktop.DBus.Properties", "Get" if message.body[1] in (all_ := _properties(broadcast)):
                return Message.new_method_return(message, "v", [all_[message.body[1]]])
            case "org.bluez.LEAdvertisement1", "Release":
                self._on_air(message.path or "", broadcast, "BlueZ has taken it off the air")
                return Message.new_method_return(message)
        return None

    def _end(self, fault: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(fault)

    def _all_lost(self, fault: str) -> None:
        self._all_off(fault)
        if self._listen:
            self._hears(fault)

    def _all_off(self, fault: str) -> None:
        for path, broadcast in self._broadcasts.items():
            self._on_air(path, broadcast, fault)

    def _on_air(self, path: str, broadcast: Broadcast, fault: str) -> None:
        if self._fault.get(path) != fault:
            self._fault[path] = fault
            self._sink.on_air(broadcast.name, fault)

    def _hears(self, fault: str) -> None:
        if self._heard_fault != fault:
            self._heard_fault = fault
            self._sink.listening(fault)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or "it does not answer"


def _properties(broadcast: Broadcast) -> dict[str, Variant]:
    """Return an advert as BlueZ wants it: not connectable, and nothing in it but what it is to say."""
    payload = broadcast.payload
    said = {
        "Type": Variant("s", "broadcast"),
        "MinInterval": Variant("u", broadcast.interval_ms),
        "MaxInterval": Variant("u", broadcast.interval_ms),
    }
    if payload.makers:
        makers = {maker: Variant("ay", data) for maker, data in payload.makers.items()}
        said["ManufacturerData"] = Variant("a{qv}", makers)
    if payload.services:
        services = {service: Variant("ay", data) for service, data in payload.services.items()}
        said["ServiceUUIDs"] = Variant("as", [service_uuid(EDDYSTONE)])
        said["ServiceData"] = Variant("a{sv}", services)
    return said
