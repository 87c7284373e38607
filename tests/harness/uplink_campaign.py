"""Nodes that are killed and lines that are cut, and the judge of what has come to the platform."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

import sparkplug_peer
from delayed_line import DelayedLine
from mosquitto import Ear, Mosquitto
from uplink_node import GROUP, METRICS

NODE = Path(__file__).with_name("uplink_node.py")
DELAY_S = 0.05
RATE = 100
PATIENCE_S = 60.0
MOST_AGE_S = 10.0  # of a sample that is not accepted yet


class Verdict(msgspec.Struct):
    """What a campaign came to. Duplicates: those that the key does not tell; `repeated`: those that it tells.

    Missing is, too, what an agent that ended in order had sampled and never accepted.
    """

    accepted: int = 0
    missing: int = 0
    duplicates: int = 0
    repeated: int = 0
    out_of_order: int = 0
    oldest_s: float = 0.0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.accepted + other.accepted,
            self.missing + other.missing,
            self.duplicates + other.duplicates,
            self.repeated + other.repeated,
            self.out_of_order + other.out_of_order,
            max(self.oldest_s, other.oldest_s),
        )

    @property
    def well(self) -> bool:
        return not (self.missing or self.duplicates or self.out_of_order) and self.oldest_s <= MOST_AGE_S


class Node:
    """One pole: its process, its line, and what it says was accepted."""

    def __init__(self, folder: Path, name: str, broker_port: int, bug: str = "") -> None:
        folder.mkdir()
        self.name = name
        self.line = DelayedLine(broker_port, DELAY_S)
        self.accepted: set[int] = set()
        self.oldest_s = 0.0
        self.left = 0
        self._bug = bug
        self._news = threading.Condition()
        self._pid = 0
        self._ended = self._empty = False
        self._process = subprocess.Popen(
            [sys.executable, str(NODE), str(folder), name, "10000", "4"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._thread = threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True)
        self._thread.start()

    def start(self, seed: int, rate: float = RATE) -> None:
        """Let a fresh process begin."""
        self._pid, self._ended, self._empty = 0, False, False
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed} {self.line.port} {rate} {self._bug}\n")
        self._process.stdin.flush()
        self._until(lambda: self._pid > 0)

    def end(self, by: signal.Signals) -> None:
        """End it, and wait until it is."""
        os.kill(self._pid, by)
        self._until(lambda: self._ended)

    def finish(self, seed: int) -> None:
        """Let a process without samples deliver all that is left."""
        self.start(seed, 0)
        self._until(lambda: self._empty)
        self.end(signal.SIGTERM)

    def close(self) -> None:
        assert self._process.stdin is not None
        if not self._ended and self._pid:  # it was not ended in order
            os.kill(self._pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self.line.close()

    def _until(self, holds: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(holds, PATIENCE_S), f"{self.name}: not within {PATIENCE_S:g} s"

    def _hear(self, said: IO[str]) -> None:
        for line in said:
            word, *rest = line.split()
            with self._news:
                if word in {"kept", "proven"}:
                    self.accepted.update(map(int, rest))
                elif word == "age":
                    self.oldest_s = max(self.oldest_s, float(rest[0]))
                elif word == "pid":
                    self._pid = int(rest[0])
                elif word == "left":
                    self.left += int(rest[0])
                self._ended |= word == "ended"
                self._empty |= word == "empty"
                self._news.notify_all()


class Campaign:
    """A broker, some nodes at the same time, and an ear that hears all."""

    def __init__(self, folder: Path, nodes: int, bug: str = "") -> None:
        self._broker = Mosquitto(folder, options="max_queued_messages 0")
        self._ear = Ear(self._broker.port, f"spBv1.0/{GROUP}/#")
        self.nodes = [Node(folder / f"n{n}", f"n{n}", self._broker.port, bug) for n in range(nodes)]

    def each(self, work: Callable[[Node, int], None]) -> None:
        """Do the same with all nodes at the same time."""
        failed: list[BaseException] = []

        def guarded(node: Node, number: int) -> None:
            try:
                work(node, number)
            except BaseException as error:  # noqa: BLE001 - of a thread, told below
                failed.append(error)

        threads = [threading.Thread(target=guarded, args=(node, n)) for n, node in enumerate(self.nodes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        self._ear.close()
        self._broker.close()

    def verdict(self) -> Verdict:
        """Judge what has come. All nodes have finished."""
        self._ear.until(self._ear_is_through)
        whole = Verdict()
        for node in self.nodes:
            whole += judged(node, [(topic, raw) for topic, raw, _ in self._ear.heard])
        return whole

    def _ear_is_through(self) -> bool:
        """Whether all has come that the broker had to tell: the nodes' last words."""
        last = {topic.split("/")[3]: topic.split("/")[2] for topic in self._ear.topics()}
        return all(last.get(node.name) == "NDEATH" for node in self.nodes)


def judged(node: Node, heard: list[tuple[str, bytes]]) -> Verdict:
    """Judge one node by what the platform has heard of it."""
    verdict = Verdict(accepted=len(node.accepted), oldest_s=node.oldest_s)
    store_id, keys, values, born = "", set(), set(), set()
    latest: dict[tuple[str, str, bool], int] = {}
    for topic, raw in heard:
        kind, name, device = [*topic.split("/"), ""][2:5]
        if name != node.name:
            continue
        for metric in sparkplug_peer.parse(raw).metrics:
            if metric.name == "journal/store_id" and metric.value:
                store_id = metric.value
            if kind == "DBIRTH":  # tells what is so now; what it has told is not told again as data
                born.add(metric.value)
            if kind != "DDATA" or metric.name not in METRICS or not metric.value:
                continue
            number = metric.properties.get("journal")
            if number is not None and (store_id, number) in keys:
                verdict.repeated += 1
                continue
            keys.add((store_id, number))
            verdict.duplicates += metric.value in values
            values.add(metric.value)
            point = (device, metric.name, metric.historical)
            verdict.out_of_order += metric.value <= latest.get(point, 0)
            latest[point] = metric.value
    verdict.missing = len(node.accepted - values - born) + node.left
    return verdict


def kills(folder: Path, rounds: int, nodes: int, bug: str = "", longest_s: float = 4.0) -> Verdict:
    """Kill -9 at random moments, so many times in all; some of them while the line is cut."""

    def work(node: Node, number: int) -> None:
        chance = random.Random(number)
        for round_ in range(rounds // nodes):
            node.start(1 + round_)
            lived_s = chance.choice([chance.uniform(0, 0.8), chance.uniform(0.8, longest_s)])
            if chance.random() < 0.3:
                _rest(lived_s * chance.random())
                node.line.cut()
                lived_s /= 2
            _rest(lived_s)
            node.end(signal.SIGKILL)
        node.finish(1 + rounds)

    return _campaign(folder, nodes, bug, work)


def outages(folder: Path, count: int, nodes: int, bug: str = "", longest_s: float = 20.0) -> Verdict:
    """Take the broker away so many times in all, for a random time: refused, cut, or silent."""

    def work(node: Node, number: int) -> None:
        chance = random.Random(number)
        node.start(1)
        for _ in range(count // nodes):
            _rest(chance.uniform(0.2, 3.0))
            how = chance.choice(["cut", "refuse", "refuse", "freeze"])
            for_s = min(longest_s, chance.expovariate(1 / 3.0))
            if how == "cut":
                node.line.cut()
            elif how == "refuse":
                node.line.refuse(True)
                _rest(for_s)
                node.line.refuse(False)
            else:
                node.line.freeze(True)
                _rest(for_s)
                node.line.freeze(False)
        _rest(3.0)
        node.end(signal.SIGTERM)
        node.finish(2)

    return _campaign(folder, nodes, bug, work)


def _campaign(folder: Path, nodes: int, bug: str, work: Callable[[Node, int], None]) -> Verdict:
    campaign = Campaign(folder, nodes, bug)
    try:
        campaign.each(work)
        return campaign.verdict()
    finally:
        campaign.close()


def _rest(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - processes of their own have time of their own
