"""What a host makes of the messages of all its nodes: births, deaths, values, gaps, and what to keep of them. Pure."""

from __future__ import annotations

from collections import deque

from agent.fleet.faults import ALARM_METRICS, COUNTERS
from agent.fleet.hearing import Message, Told
from agent.fleet.intervals import Intervals
from agent.fleet.late import Late
from agent.fleet.records import Device, Mark, Node, Sample, Seen, Span
from agent.uplink import names

MOST_NODES = 20_000
MOST_DEVICES = 512  # of a node
MOST_VALUES = 512  # of a device
REBIRTHS_AT_ONCE = 20  # a broker that comes back is not asked for everything in one second
REBIRTH_AGAIN_S = 10.0  # to the same node; doubles while it does not answer
REBIRTH_LONGEST_S = 600.0
UNANSWERED_MS = 300_000  # a controller comes back within 2 min of its broker
_DAY_MS = 86_400_000
_EARLIEST_MS = 946_684_800_000  # 2000: no journal is older


class Session:
    """All nodes of a fleet. What is retained is nobody's news; commands are not heard."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[str, str], Node] = {}
        self.changed: set[tuple[str, str, str]] = set()  # (group, node, device), until somebody takes them
        self.samples: list[Sample] = []  # the same
        self.had: dict[tuple[str, str], Intervals] = {}  # by (group/node, store id)
        self.had_more: set[tuple[str, str]] = set()  # of these, which have grown; until somebody takes them
        self.late = Late()
        self.doubles = 0  # history that came twice
        self.misdated = 0  # history of the future, or from before there was any
        self.stored: dict[
            tuple[str, str], Mark
        ] = {}  # up to where nodes were heard without a gap; until somebody takes them
        self._spans: dict[tuple[str, str], Span] = {}
        self.left_out = 0  # nodes, devices and values beyond the bounds
        self._asked: dict[tuple[str, str], tuple[float, float]] = {}  # next try, pause
        self._wanting: deque[tuple[str, str]] = deque()

    def hear(self, message: Message, at_ms: int) -> None:
        """Take a message in."""
        if message.retained or message.type in {"NCMD", "DCMD"}:
            return
        node = self._node(message.group, message.node)
        if node is None:
            return
        if message.problem:
            self._want(node)
        elif message.type == "NDEATH":
            self._node_died(node, message, at_ms)
        elif message.type == "NBIRTH":
            self._node_born(node, message, at_ms)
        else:
            self._spoken(node, message, at_ms)
        if not message.problem:
            self._count(node, message)

    def want(self, group: str, name: str) -> None:
        """Ask for the births of a node that is known by name only."""
        node = self._node(group, name)
        if node is not None:
            self._want(node)

    def rebirths(self, now_s: float) -> list[tuple[str, str]]:
        """Return the nodes to be asked for their births now: few at once, the same one not too often."""
        due: list[tuple[str, str]] = []
        for _ in range(len(self._wanting)):
            if len(due) == REBIRTHS_AT_ONCE:
                break
            key = self._wanting.popleft()
            next_s, pause_s = self._asked.get(key, (now_s, REBIRTH_AGAIN_S))
            if now_s < next_s:
                self._wanting.append(key)
                continue
            due.append(key)
            self._asked[key] = now_s + pause_s, min(2 * pause_s, REBIRTH_LONGEST_S)
        return due

    def lost(self, at_ms: int) -> None:
        """The broker is gone: nothing is known of anybody until they are born again."""
        self._spans.clear()
        self.stored.clear()
        for node in self.nodes.values():
            if node.state == "online":
                node.state, node.since_ms = "unknown", at_ms
                self.changed.add((node.group, node.name, ""))

    def met(self, at_ms: int) -> None:
        """The broker is there: whoever is not known to be online is asked, and has from now on to answer."""
        for node in self.nodes.values():
            if node.state == "unknown":
                node.since_ms = at_ms
            self._want(node)

    def tick(self, at_ms: int) -> None:
        """While the broker is there: who has not answered for long is gone; its death was told to nobody."""
        for node in self.nodes.values():
            heard_ms = max(node.since_ms, node.heard_ms)
            if node.state == "unknown" and at_ms - heard_ms >= UNANSWERED_MS:
                node.state, node.since_ms = "offline", heard_ms
                self.changed.add((node.group, node.name, ""))

    def stand(self, at_ms: int) -> None:
        """Take the counters of all that is alive as they stand: an hour in which nothing changed is known, too."""
        for node in self.nodes.values():
            for name, device in node.devices.items() if node.state == "online" else ():
                for metric in COUNTERS & device.values.keys() if device.state == "alive" else ():
                    seen = device.values[metric]
                    if seen.quality == "good" and isinstance(seen.value, int | float):
                        self.samples.append(Sample(f"{node.path}/{name}/{metric}", float(seen.value), at_ms))

    # ---- one node ------------------------------------------------------------------------------------------------------

    def _node(self, group: str, name: str) -> Node | None:
        node = self.nodes.get((group, name))
        if node is None:
            if len(self.nodes) >= MOST_NODES:
                self.left_out += 1
                return None
            node = self.nodes[group, name] = Node(group, name)
        return node

    def _want(self, node: Node) -> None:
        key = node.group, node.name
        if key not in self._wanting:
            self._wanting.append(key)

    def _node_born(self, node: Node, message: Message, at_ms: int) -> None:
        if node.state != "online":
            node.since_ms = at_ms
        node.state, node.heard_ms = "online", at_ms
        node.bd_seq = _whole(message, names.BD_SEQ)
        key = node.group, node.name
        self._asked.pop(key, None)
        if key in self._wanting:
            self._wanting.remove(key)
        for name, device in node.devices.items():  # their births follow; who is not born again is gone
            if name and device.state == "alive":
                device.state, device.since_ms = "unknown", at_ms
        self._born(node, message, at_ms)

    def _node_died(self, node: Node, message: Message, at_ms: int) -> None:
        """A death counts if it is that of the last birth: an old connection may end after a new one has begun."""
        if node.state == "online" and _whole(message, names.BD_SEQ) != node.bd_seq:
            return
        if node.state != "offline":
            node.state, node.since_ms = "offline", at_ms
        self.changed.add((node.group, node.name, ""))

    def _spoken(self, node: Node, message: Message, at_ms: int) -> None:
        node.heard_ms, node.since_ms = at_ms, node.since_ms or at_ms
        self.changed.add((node.group, node.name, ""))
        if node.state != "online" or message.missing > 0:
            self._want(node)
        if message.type == "DBIRTH":
            self._born(node, message, at_ms)
        elif message.type == "DDEATH":
            self._device_died(node, message.device, at_ms)
        else:
            device = self._device(node, message.device)
            if device is not None:
                if message.device and device.state == "unknown":
                    self._want(node)
                self._values(node, message.device, device, message, at_ms)

    def _born(self, node: Node, message: Message, at_ms: int) -> None:
        device = self._device(node, message.device)
        if device is None:
            return
        if device.state != "alive":
            device.state, device.since_ms = "alive", at_ms
        named = {told.name for told in message.metrics}
        device.values = {name: seen for name, seen in device.values.items() if name in named}
        for metric in [key for key in node.raised if key.partition("/")[0] == message.device]:
            if metric.partition("/")[2] not in named:
                del node.raised[metric]
        self._values(node, message.device, device, message, at_ms)

    def _device_died(self, node: Node, name: str, at_ms: int) -> None:
        device = self._device(node, name)
        if device is not None and device.state != "dead":
            device.state, device.since_ms = "dead", at_ms
            self.changed.add((node.group, node.name, name))

    def _device(self, node: Node, name: str) -> Device | None:
        device = node.devices.get(name)
        if device is None:
            if len(node.devices) > MOST_DEVICES:
                self.left_out += 1
                return None
            device = node.devices[name] = Device()
        return device

    def _count(self, node: Node, message: Message) -> None:
        """See whether all was heard that a node has sent since its birth, by the marks that it tells."""
        key = node.group, node.name
        if message.type == "NBIRTH":
            self._spans[key] = Span(_whole(message, names.TOLD_SINCE))
            self.stored.pop(key, None)
        span = self._spans.get(key)
        if span is None or message.seq is None:
            return
        span.messages += 1
        mark = _whole(message, names.TOLD) if message.type == "NDATA" else None
        if mark is None:
            return
        since, messages = _whole(message, names.TOLD_SINCE), _whole(message, names.TOLD_MESSAGES)
        store = node.devices[""].values.get(names.STORE_ID)
        if (since, messages) != (span.since, span.messages):
            self._want(node)  # what is not proven comes again after it
        elif store is not None and isinstance(store.value, str):
            self.stored[key] = Mark(store.value, mark)

    # ---- values --------------------------------------------------------------------------------------------------------

    def _values(self, node: Node, name: str, device: Device, message: Message, at_ms: int) -> None:
        self.changed.add((node.group, node.name, name))
        for told in message.metrics:
            fresh = self._is_new(node, told)
            if told.historical:
                self._past(node, name, told, at_ms, fresh=fresh)
                continue
            if told.name not in device.values and len(device.values) >= MOST_VALUES:
                self.left_out += 1
                continue
            value = told.value.hex() if isinstance(told.value, bytes) else told.value
            device.values[told.name] = Seen(value, told.unit, told.quality, at_ms)
            self._keep(node, name, told, at_ms)
            if told.name in ALARM_METRICS:
                self._alarm(node, f"{name}/{told.name}", told, at_ms)

    def _is_new(self, node: Node, told: Told) -> bool:
        """Whether a report was not had yet, by the key that its journal gave it."""
        own = node.devices.get("")
        store = own.values.get(names.STORE_ID) if own is not None else None
        if told.number is None or store is None or not isinstance(store.value, str):
            return True
        key = node.path, store.value
        new = self.had.setdefault(key, Intervals()).add(told.number)
        if new:
            self.had_more.add(key)
        return new

    def _past(self, node: Node, name: str, told: Told, at_ms: int, *, fresh: bool) -> None:
        if not fresh:
            self.doubles += 1
        elif told.time_ms is None or not _EARLIEST_MS <= told.time_ms <= at_ms + _DAY_MS:
            self.misdated += 1
        else:
            self._keep(node, name, told, told.time_ms)
            self.late.past(node.path, name, told)

    def _keep(self, node: Node, device: str, told: Told, at_ms: int) -> None:
        if told.name in COUNTERS and told.quality == "good" and isinstance(told.value, int | float):
            self.samples.append(Sample(f"{node.path}/{device}/{told.name}", float(told.value), at_ms))

    def _alarm(self, node: Node, key: str, told: Told, at_ms: int) -> None:
        self.late.now(node.path, key)
        if told.value is True:
            node.raised.setdefault(key, at_ms)
        elif told.value is False:  # null: nothing is known of it, so nothing changes
            node.raised.pop(key, None)
        self.changed.add((node.group, node.name, ""))


def _whole(message: Message, name: str) -> int | None:
    found = (told.value for told in message.metrics if told.name == name)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), None)
