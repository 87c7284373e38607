"""An RTU line's port: one exchange at a time, and no answer believed that could be another's. For a thread of its own.

Timers of an event loop are up to a millisecond late, which is half the silence between frames at 19200 baud: hence
blocking calls in a thread, which wakes within some 0.05 ms.
"""

from __future__ import annotations

import contextlib

from drivers.bus.line import Line, Wire
from drivers.bus.port import Answer, LineCounts
from drivers.bus.recorder import Recorder
from drivers.bus.records import Link, RtuBus, RtuTcpBus
from drivers.bus.serial_wire import SerialWire
from drivers.bus.socket_wire import SocketWire
from drivers.bus.trust import READS, Trust, mirror_probe
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused, WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.framer import Framer
from drivers.modbus.pdu import Request

TURNAROUND_S = 0.1  # after a broadcast: Modbus over Serial Line V1.02, 2.4.1, "typically … from 100 ms to 200 ms"
ASIDE = "asked aside, to know whose the answer will be to "  # in a dump; unit and PDU follow


class RtuPort:
    """The port of one line. Everything but the counters and the recorder is for the line's own thread."""

    def __init__(self, spec: RtuBus | RtuTcpBus, wire: Wire | None = None) -> None:
        self._spec = spec
        self._wire: Wire = wire or (SerialWire(spec) if isinstance(spec, RtuBus) else SocketWire(spec))
        self.recorder = Recorder()
        self._stray_bytes = self._foreign_frames = self._late_frames = self._crc_errors = 0
        self._line = Line(self._wire, self.recorder, spec.timeout_s)
        self._trust = Trust()
        self._echo: bool | None = None
        self._last: Request | None = None  # what was asked last
        self._last_frame = b""
        self._last_s = 0.0

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""
        return LineCounts(
            stray_bytes=self._stray_bytes,
            foreign_frames=self._foreign_frames,
            late_frames=self._late_frames,
            crc_errors=self._crc_errors,
            echo=self._echo,
        )

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which characters were on the line."""
        return self._line.use_pct()

    def open(self) -> None:
        """Open the port, about whose line nothing is known then. LinkLost if it is not there or not ours."""
        self._wire.open()
        self._line = Line(self._wire, self.recorder, self._spec.timeout_s)
        self._trust = Trust()
        self._echo = self._last = None

    def close(self) -> None:
        """Close the port; nothing if it is closed."""
        self._wire.close()

    def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:
        """Send a request and return its answer, an empty one at once for a broadcast.

        NoAnswer after the time-out, BadAnswer if other bytes came; before the next request the line must then be silent for
        as long as the latest answer lately took. Both also if the unit does not prove that no earlier answer can be taken
        for this one: then the request has not left. Refused; LinkLost. ValueError if there is no such `link` here.
        """
        try:
            if link is None or link == self._wire.link:
                return self._exchange(request, timeout_s)
            return self._visit(request, timeout_s, link)
        except WireError as error:
            self.recorder.note(self._wire.now(), "!", f"unit {request.unit}: {error}".encode())
            raise

    def _visit(self, request: Request, timeout_s: float, link: Link) -> Answer:
        """Make one exchange at another speed; what comes late of it cannot be read at ours."""
        self._settle()
        self._wire.set_link(link)
        trust, self._trust = self._trust, Trust()
        try:
            self._line.set_link(link)
            self.recorder.note(self._wire.now(), "!", f"at {link}".encode())
            return self._exchange(request, timeout_s)
        finally:
            self._trust, self._last = trust, None
            self._go_home()

    def _go_home(self) -> None:
        home = self._wire.link
        if home is not None:
            try:
                self._wire.set_link(home)
            except ValueError as error:
                raise LinkLost(str(error)) from None
            self._line.set_link(home)
            self.recorder.note(self._wire.now(), "!", f"at {home} again".encode())

    def _exchange(self, request: Request, timeout_s: float) -> Answer:
        self._settle()
        if not request.answered:
            self._line.rest(self._send(request) + TURNAROUND_S)
            return Answer(b"", 0.0)
        mirrors = rtu.mirrors(request)
        if mirrors and self._echo is None:
            # Whatever comes of it tells whether there is an echo, for which no answer can be taken here.
            with contextlib.suppress(NoAnswer, BadAnswer, Refused):
                self._ask_aside(mirror_probe(request), request, timeout_s)
            self._settle()
        if self._trust.doubtful(request, self._wire.now()):
            self._prove(request, timeout_s)
            self._settle()
        return self._ask(request, timeout_s, mirrors=mirrors)

    def _prove(self, request: Request, timeout_s: float) -> None:
        """Let the unit, or else the line, prove that no earlier answer can be taken for that to this request.

        NoAnswer or BadAnswer if it cannot be proved now; something else is tried the next time.
        """
        fence = self._trust.fence(request, self._wire.now())
        if fence is None:
            self._wait_it_out(request, timeout_s)
            return
        try:
            self._ask_aside(fence, request, timeout_s)
        except Refused:
            return
        except (NoAnswer, BadAnswer):
            self._trust.fence_failed(fence)
            raise

    def _wait_it_out(self, request: Request, timeout_s: float) -> None:
        """A unit answers no fence: throw one answer away (a write is not sent twice), then let the line be silent.

        The answer may have been an earlier one, and that to what was asked now as late: so for as long as any has ever taken.
        """
        if request.function in READS:
            with contextlib.suppress(Refused):
                self._ask_aside(request, request, timeout_s, thrown_away=True)
        self._line.distrust()
        if self._settle(least_s=self._line.latency.most_s):
            self._trust.unanswered(request, self._wire.now())
            raise BadAnswer("bytes came after an answer that may be a late one: the next one would be too", "noise")
        self._trust.no_fences(request.unit, self._wire.now())

    def _ask_aside(self, request: Request, before: Request, timeout_s: float, *, thrown_away: bool = False) -> None:
        """Ask what nobody asked for. As `_ask`."""
        whose = bytes([before.unit]) + before.pdu
        self.recorder.note(self._wire.now(), "!", f"{ASIDE}{whose.hex(' ').upper()}".encode())
        self._ask(request, timeout_s, mirrors=False, thrown_away=thrown_away)

    def _ask(self, request: Request, timeout_s: float, *, mirrors: bool, thrown_away: bool = False) -> Answer:
        """Send a request, now, and find its answer. `thrown_away`: an answer to an earlier request will do."""
        pending = () if thrown_away else self._trust.pending()
        sent_s = self._send(request)
        framer = Framer(request, self._last_frame, echo=self._echo is not False, pending=pending)
        try:
            began_s = self._line.hunt(framer, sent_s + timeout_s)
            self._learn(framer, mirrors=mirrors)
            if framer.answer is None:
                raise framer.verdict() or NoAnswer(f"no answer within {timeout_s * 1000:.0f} ms")
            latency_s = max(0.0, began_s - sent_s)
            if not thrown_away:
                self._line.latency.learn(latency_s, began_s)
            data = pdu.check(request, framer.answer[0], framer.answer[1:-2])
        except Refused:
            self._trust.over(request.unit)
            raise
        except (NoAnswer, BadAnswer):
            self._line.distrust()
            self._trust.unanswered(request, sent_s)
            self._last = None
            if mirrors:
                self._last_frame = b""  # a copy of it that is still to come is its answer
            raise
        self._trust.answered(request)
        return Answer(data, latency_s)

    def _send(self, request: Request) -> float:
        self._last, self._last_frame = request, rtu.frame(request)
        self._last_s = self._line.send(self._last_frame)
        return self._last_s

    def _settle(self, least_s: float = 0.0) -> int:
        """Wait until a frame may be sent; return how many bytes came meanwhile. BadAnswer if that does not end."""
        data = self._line.wait(least_s)
        last, self._last = self._last, None
        if not data:
            if last is not None and not last.answered:
                self._echo = False
            return 0
        again = (last,) if last is not None and last.answered else ()
        framer = Framer(None, self._last_frame, pending=(*self._trust.pending(), *again))
        try:
            return self._line.drain(data, framer, least_s)
        finally:
            self._learn_stray(framer, last)

    def _learn(self, framer: Framer, *, mirrors: bool) -> None:
        """Take from a hunt what it tells of the line, and of its echo."""
        self._count(framer)
        if framer.echoed:
            # Of a frame that mirrors its answer one copy came: it may have been the answer, and the echo be gone.
            self._echo = None if mirrors and framer.answer is None else True
        elif self._echo and (mirrors or framer.stray_bytes or framer.answer is None):
            self._echo = None  # lost, garbled or gone
        elif not mirrors and not framer.stray_bytes:
            self._echo = False

    def _learn_stray(self, framer: Framer, last: Request | None) -> None:
        """Take from a drain what it tells: an echo that came late or is new, a second answer to what was answered."""
        self._count(framer)
        if framer.echoed:
            self._echo = True
        if last is not None and last.answered and last in framer.late:
            self._trust.unanswered(last, self._last_s)  # somebody else has that address: there may be more to come

    def _count(self, framer: Framer) -> None:
        now_s = self._wire.now()
        self._stray_bytes += framer.stray_bytes
        self._foreign_frames += framer.foreign_frames
        self._crc_errors += framer.crc_errors
        self._late_frames += len(framer.late)
        for request in framer.late:
            late_s = self._trust.late(request, now_s)
            if late_s:
                self._line.latency.learn(late_s, now_s)
