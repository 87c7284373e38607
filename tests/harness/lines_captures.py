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
        {"presence/state": True, "presence/distance": 0.84, "presence/motion": 0, "presence/still": 100},
    ),
    Capture(
        "still at 81 cm (captured of another)",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 02 51 00 00 00 00 3B 00 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.81, "presence/motion": 0, "presence/still": 59},
    ),
    Capture(
        "both at 30 cm, with the energies of the gates (captured)",
        "ld2410",
        f"{REPORT} 23 00 01 AA 03 1E 00 3C 00 00 39 00 00 08 08 3C 22 05 03 03 04 03 06 05 00 00 39 10 13 06 06 08 04 60 01"
        f" 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.3, "presence/motion": 60, "presence/still": 57},
    ),
    Capture(
        "somebody, but not where",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 02 00 00 00 00 00 64 00 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.0, "presence/motion": 0, "presence/still": 100},
    ),
    Capture(
        "moving at 70 cm, another still at 2 m, detected at 1 m",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 03 46 00 34 C8 00 3C 64 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 0.7, "presence/motion": 52, "presence/still": 60},
    ),
    Capture(
        "still at 2 m",
        "ld2410",
        f"{REPORT} 0D 00 02 AA 02 46 00 00 C8 00 3C 64 00 55 00 {END}",
        {"presence/state": True, "presence/distance": 2.0, "presence/motion": 0, "presence/still": 60},
    ),
    Capture("a distance of 655 m", "ld2410", f"{REPORT} 0D 00 02 AA 01 FF FF 34 00 00 3C 00 00 55 00 {END}", None),
    Capture(
        "a short frame of a long type", "ld2410", f"{REPORT} 0D 00 01 AA 02 54 00 00 00 00 64 00 00 55 00 {END}", None
    ),
    Capture(
        "the parameters (captured) are no report",
        "ld2410",
        "FD FC FB FA 1C 00 61 01 00 00 AA 08 08 08 32 32 28 1E 14 0F 0F 0F 0F 00 00 28 28 1E 1E 14 14 14 05 00 04 03 02 01",
        None,
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
    Capture(
        "one that goes away, nobody comes",
        "ld2451",
        f"{REPORT} 07 00 01 00 80 28 00 3C 15 {END}",
        {
            "presence/state": True,
            "presence/count": 1,
            "vehicles/count": 1,
            "vehicles/distance": 0.0,
            "vehicles/speed": 0.0,
            "vehicles/angle": 0,
        },
    ),
    Capture("a direction that there is not", "ld2451", f"{REPORT} 07 00 01 01 8A 28 02 3C 15 {END}", None),
    Capture("farther than it can see", "ld2451", f"{REPORT} 07 00 01 01 8A C8 01 3C 15 {END}", None),
    Capture("a count of 255", "ld2451", f"{REPORT} FD 04 FF 01" + " 8A 28 01 3C 15" * 255 + f" {END}", None),
    Capture("a count that the length is not for", "ld2451", f"{REPORT} 07 00 02 01 8A 28 00 3C 15 {END}", None),
    Capture(
        "parameters (captured)",
        "ld2451",
        "FD FC FB FA 08 00 12 01 00 00 64 01 05 02 04 03 02 01",
        None,
        identity="to 100 m, nearer only, from 5 km/h",
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
    Capture(
        "too much light around (built)",
        "tfmini",
        "59 59 FC FF 84 03 20 09 5D",
        {"distance/sensor_value": NONE, "distance/strength": 900, "temperature/sensor_value": 36.0},
    ),
    Capture(
        "0 of an older Plus, with 60 of strength (built)",
        "tfmini",
        "59 59 00 00 3C 00 20 09 17",
        {"distance/sensor_value": NONE, "distance/strength": 60, "temperature/sensor_value": 36.0},
    ),
    Capture(
        "a temperature of -256 Cel (built)",
        "tfmini",
        "59 59 2C 01 E8 03 00 00 CA",
        {"distance/sensor_value": 3.0, "distance/strength": 1000, "temperature/sensor_value": NONE},
    ),
    Capture("a sum that is wrong", "tfmini", "59 59 2C 01 E8 03 20 09 F4", None),
    Capture("a number of millimetres", "maxbotix", "0D 52 31 32 33 34 0D", {"distance/sensor_value": 1.234}),
    Capture("stray FF", "maxbotix", "0D 52 31 FF 32 33 34 0D", {"distance/sensor_value": 1.234}),
    Capture(
        "a number of centimetres", "maxbotix", "0D 52 31 32 33 0D", {"distance/sensor_value": 1.23}, {"type": "xl-7m"}
    ),
    Capture(
        "a centimetre head of 10 m",
        "maxbotix",
        "0D 52 31 30 36 37 0D",
        {"distance/sensor_value": 10.67},
        {"type": "xl-10m"},
    ),
    Capture("a line of another type", "maxbotix", "0D 52 31 32 33 0D", None),
    Capture("two digits", "maxbotix", "0D 52 31 32 0D", None),
    Capture("no R", "maxbotix", "0D 31 32 33 34 0D", None),
    Capture("nothing in view", "maxbotix", "0D 52 35 30 30 30 0D", {"distance/sensor_value": NONE}),
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
