"""A platform's ear on a fleet: when each controller was born, how much is said, and answers to commands."""

from __future__ import annotations

import threading
import time
from collections import Counter

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from sparkplug_peer import build, parse

GROUP = "fleet"
FLOAT, STRING, INT64 = 9, 12, 4
PATIENCE_S = 10.0


class FleetEar:
    """Hears everything of the group from a thread of paho's; it listens when it is made."""

    def __init__(self, port: int) -> None:
        self.born: dict[str, float] = {}  # by node, monotonic s, of the latest birth
        self.devices = 0  # births of devices
        self.said: Counter[str] = Counter()  # messages by type
        self.bytes = 0
        self.answers: dict[str, dict[str, float]] = {}  # by id of a command, when each status was told
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, reconnect_on_failure=False)
        self._client.on_message = self._hear
        listening = threading.Event()
        self._client.on_subscribe = lambda *_: listening.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe(f"spBv1.0/{GROUP}/#", 0)
        assert listening.wait(PATIENCE_S)

    def command(self, node: str, device: str, name: str, level_pct: float) -> float:
        """Send a command; return when, monotonic s."""
        stamp = round(time.time() * 1000)  # noqa: TID251 - a platform has a clock of its own
        metrics = [("lamp/dimming_level", FLOAT, level_pct), ("command/id", STRING, name), ("command/for_s", INT64, 60)]
        payload = build(metrics, timestamp=stamp)
        self.answers[name] = {}
        sent_s = time.monotonic()
        self._client.publish(f"spBv1.0/{GROUP}/DCMD/{node}/{device}", payload, qos=0)
        return sent_s

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        now_s = time.monotonic()
        kind, node = message.topic.split("/")[2:4]
        self.said[kind] += 1
        self.bytes += len(message.payload)
        if kind == "NBIRTH":
            self.born[node] = now_s
        elif kind == "DBIRTH":
            self.devices += 1
        elif kind == "DDATA" and self.answers and b"command/last_id" in message.payload:
            values = [(metric.name, metric.value) for metric in parse(bytes(message.payload)).metrics]
            for place, (name, value) in enumerate(values):
                if name == "command/last_id" and value in self.answers:
                    self.answers[value].setdefault(str(values[place + 1][1]), now_s)
