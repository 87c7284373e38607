"""Frames that makers print, or that were captured from real instruments, and what they say. Bytes in hexadecimal."""

from __future__ import annotations

from dataclasses import dataclass, field

REPORT, END = "F4 F3 F2 F1", "F8 F7 F6 F5"
NONE = object()  # no value, bad quality


@dataclass(frozen=True)
class Capture:
    """`facts` none: what comes is no frame; `options` of the model where they differ from its defaults."""

    says: str
    model: str
    bytes: str
    facts: dict[str, object] | None
    options: dict[str, str | float | bool] = field(default_factory=dict)
    identity: str = ""


CAPTURES = (
    Capture(
        "nobody, a distance filled in all the same (captured)",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 00 00 00 00 00 00 37 00 00 55 00 {END}",
        {"presence/state": False, "presence/distance": 0.0, "presence/motion": 0, "presence/still": 55},
    ),
    Capture(
        "moving at 70 cm (captured)",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 03 46 00 34 00 00 3C 00 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.7, "presence/motion": 52, "presence/still": 60},
    ),
    Capture(
        "still at 84 cm (captured)",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 02 54 00 00 00 00 64 00 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.0, "presence/motion": 0, "presence/still": 100},
    ),
    Capture(
        "a state that there is not", "ld2410", f"{REPORT} 0D 00 02 AA 07 54 00 00 00 00 64 00 00 55 00 {END}", None
    ),
    Capture("an energy above 100 %", "ld2410", f"{REPORT} 0D 00 02 AA 02 54 00 00 00 00 65 00 00 55 00 {END}", None),
    Capture(
        "a tail that is wrong", "ld2410", f"{REPORT} 0D 00 02 AA 02 54 00 00 00 00 64 00 00 55 00 F8 F7 F6 F4", None
    ),
    Capture("a length that is wrong", "ld2410", f"{REPORT} 0C 00 02 AA 02 54 00 00 00 00 64 00 00 55 00 {END}", None),
    Capture(
        "firmware 1.07.22091516 (captured)",
        "ld2410",
        "FD FC FB FA 0C 00 A0 01 00 00 00 01 07 01 16 15 09 22 04 03 02 01",
        None,
        identity="firmware 1.07.22091516",
    ),
    Capture(
        "one target (the maker's paper)",
        "ld2450",
        "AA FF 03 00 0E 03 B1 86 10 00 40 01" + " 00" * 16 + " 55 CC",
        {"presence/state": True, "presence/count": 1, "presence/distance": 1.883, "presence/speed": 0.16},
    ),
    Capture(
        "one target (the paper's second edition)",
        "ld2450",
        "AA FF 03 00 0E 03 B1 86 10 00 68 01" + " 00" * 16 + " 55 CC",
        {"presence/state": True, "presence/count": 1, "presence/distance": 1.883, "presence/speed": -0.16},
        {"nearer": "positive"},
    ),
    Capture(
        "nobody",
        "ld2450",
        "AA FF 03 00" + " 00" * 24 + " 55 CC",
        {"presence/state": False, "presence/count": 0, "presence/distance": 0.0, "presence/speed": 0.0},
    ),
    Capture("behind the radar", "ld2450", "AA FF 03 00 0E 03 B1 06 10 00 40 01" + " 00" * 16 + " 55 CC", None),
    Capture("a tail that is wrong", "ld2450", "AA FF 03 00" + " 00" * 24 + " 55 CD", None),
    Capture(
        "three targets (the maker's)",
        "ld2451",
        f"{REPORT} 11 00 03 01 8A 28 00 3C 15 8A 1E 01 3C 0F 76 5F 00 3C 0F {END}",
        {
            "presence/state": True,
            "presence/count": 3,
            "vehicles/count": 3,
            "vehicles/distance": 30.0,
            "vehicles/speed": 16.67,
            "vehicles/angle": 10,
        },
    ),
    Capture(
        "three targets, by the paper's other direction",
        "ld2451",
        f"{REPORT} 11 00 03 01 8A 28 00 3C 15 8A 1E 01 3C 0F 76 5F 00 3C 0F {END}",
        {
            "presence/state": True,
            "presence/count": 3,
            "vehicles/count": 3,
            "vehicles/distance": 40.0,
            "vehicles/speed": 16.67,
            "vehicles/angle": 10,
        },
        {"nearer": "0"},
    ),
    Capture(
        "a heartbeat",
        "ld2451",
        f"{REPORT} 00 00 {END}",
        {
            "presence/state": False,
            "presence/count": 0,
            "vehicles/count": 0,
            "vehicles/distance": 0.0,
            "vehicles/speed": 0.0,
            "vehicles/angle": 0,
        },
    ),
    Capture(
        "no targets",
        "ld2451",
        f"{REPORT} 02 00 00 00 {END}",
        {
            "presence/state": False,
            "presence/count": 0,
            "vehicles/count": 0,
            "vehicles/distance": 0.0,
            "vehicles/speed": 0.0,
            "vehicles/angle": 0,
        },
    ),
    Capture("a count that the length is not for", "ld2451", f"{REPORT} 07 00 02 01 8A 28 00 3C 15 {END}", None),
    Capture(
        "an answer to a question is no report", "ld2451", "FD FC FB FA 08 00 12 01 00 00 64 01 05 02 04 03 02 01", None
    ),
    Capture(
        "300 cm, strength 1000, 36 Cel (built)",
        "tfmini",
        "59 59 2C 01 E8 03 20 09 F3",
        {"distance/sensor_value": 3.0, "distance/strength": 1000, "temperature/sensor_value": 36.0},
    ),
    Capture(
        "300 mm",
        "tfmini",
        "59 59 2C 01 E8 03 20 09 F3",
        {"distance/sensor_value": 0.3, "distance/strength": 1000, "temperature/sensor_value": 36.0},
        {"unit": "mm"},
    ),
    Capture(
        "too little light (built)",
        "tfmini",
        "59 59 FF FF 40 00 20 09 19",
        {"distance/sensor_value": NONE, "distance/strength": 64, "temperature/sensor_value": 36.0},
    ),
    Capture(
        "too much light (built)",
        "tfmini",
        "59 59 FE FF FF FF 20 09 D6",
        {"distance/sensor_value": NONE, "distance/strength": 65535, "temperature/sensor_value": 36.0},
    ),
    Capture("a sum that is wrong", "tfmini", "59 59 2C 01 E8 03 20 09 F4", None),
    Capture("a number of millimetres", "maxbotix", "0D" + " 52 31 32 33 34 0D" * 3, {"distance/sensor_value": 1.234}),
    Capture("stray FF", "maxbotix", "0D" + " 52 31 FF 32 33 34 0D" * 3, {"distance/sensor_value": 1.234}),
    Capture("a number of centimetres", "maxbotix", "0D" + " 52 31 32 33 0D" * 3, {"distance/sensor_value": 1.23}),
    Capture("two digits", "maxbotix", "0D" + " 52 31 32 0D" * 3, None),
    Capture("no R", "maxbotix", "0D" + " 31 32 33 34 0D" * 3, None),
    Capture("nothing in view", "maxbotix", "0D" + " 52 35 30 30 30 0D" * 3, {"distance/sensor_value": NONE}),
)
SENTENCES = (
    Capture(
        "a fix (the well-known example)",
        "nmea",
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A",
        {
            "location/latitude": 48.1173,
            "location/longitude": 11.5166667,
            "location/speed": 11.52,
            "location/utc": "1994-03-23T12:35:19.000Z",
        },
        identity="talker GP",
    ),
    Capture(
        "satellites (the well-known example)",
        "nmea",
        "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
        {"location/altitude": 545.4, "location/used_satellites": 8, "location/hdop": 0.9},
        identity="talker GP",
    ),
    Capture("a wrong checksum", "nmea", "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6B", None),
    Capture("no checksum", "nmea", "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", None),
    Capture("a speed", "ops243", "145.7", None),  # 524 km/h
    Capture(
        "a speed, going away",
        "ops243",
        "-88.3",
        {"presence/state": True, "presence/speed": -88.3},
    ),
    Capture(
        "a speed with its magnitude",
        "ops243",
        '{"speed": -45.2, "magnitude": 500}',
        {"presence/state": True, "presence/speed": -45.2, "presence/magnitude": 500.0},
    ),
    Capture(
        "several, the strongest first, in quotes, in another unit",
        "ops243",
        '{"unit": "kmph", "speed": ["36.0", "18"], "magnitude": [300, 20]}',
        {"presence/state": True, "presence/speed": 10.0, "presence/magnitude": 300.0},
    ),
    Capture(
        "the velocity of an object",
        "ops243",
        '{"DetectedObjectVelocity": 1.5}',
        {"presence/state": True, "presence/speed": 1.5},
    ),
    Capture(
        "a distance",
        "ops243",
        '{"speed": 2, "range": 12.5}',
        {"presence/state": True, "presence/speed": 2.0, "presence/distance": 12.5},
    ),
    Capture("no number", "ops243", '{"speed": invalid}', None),
    Capture("a word", "ops243", "hello", None),
    Capture("no number that JSON has", "ops243", '{"speed": NaN}', None),
)
