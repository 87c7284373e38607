"""The agent: what runs in the lamp post, and the technician's command line."""

__version__ = "0.1.0"
