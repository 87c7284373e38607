"""Simulators around the agent itself: `gadelys-sim`. Never imported by the daemon."""
