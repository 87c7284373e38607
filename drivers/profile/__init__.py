"""Device models as data, one TOML file each, in `drivers/profiles/` or one's own; a row reads like its datasheet."""

from drivers.profile.read import ProfileError, load_profile, parse_profile, profile_names
from drivers.profile.records import (
    Card,
    Check,
    Commission,
    DeviceKind,
    FactoryLink,
    Forbidden,
    Identify,
    Output,
    Pace,
    Profile,
    Row,
    Setting,
    Space,
)

__all__ = [
    "Card",
    "Check",
    "Commission",
    "DeviceKind",
    "FactoryLink",
    "Forbidden",
    "Identify",
    "Output",
    "Pace",
    "Profile",
    "ProfileError",
    "Row",
    "Setting",
    "Space",
    "load_profile",
    "parse_profile",
    "profile_names",
]
