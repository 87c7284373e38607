"""What a broker answers, in the words of a person."""

from __future__ import annotations

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from agent.uplink.broker import Broken

_REFUSED = 0x80  # reason codes from here on are failures (MQTT 5.0, 2.4)


def check(code: ReasonCode | int, what: str) -> None:
    """Broken if the answer to something is a refusal."""
    if (code.value if isinstance(code, ReasonCode) else code) >= _REFUSED:
        raise Broken(f"the broker refuses {what}: {code}")


def in_words(error: BaseException) -> str:
    """Return why, in the words of a person."""
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        text = str(error.rc).lower()
        return "the connection is lost" if text == "unspecified error" else text
    text = str(error) or type(error).__name__
    return text.removeprefix("[code:").lower() if isinstance(error, aiomqtt.MqttCodeError) else text
