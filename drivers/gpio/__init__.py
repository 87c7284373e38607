"""Pins, by the interface of RPi.GPIO."""
