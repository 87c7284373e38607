"""The living lab: a street in virtual time, with the kernel and the control of the pole. Pure; no part of the daemon."""
