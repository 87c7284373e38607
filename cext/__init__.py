"""The compiled kernels. `COMPILED` tells whether these are they; a daemon refuses the interpreted form."""

from cext import lighting, presence

COMPILED: bool = lighting.COMPILED and presence.COMPILED
