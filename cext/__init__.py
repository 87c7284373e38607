"""The compiled kernels. `COMPILED` tells whether these are they; a daemon refuses the interpreted form."""

from cext import fields, lighting, presence, ramps

COMPILED: bool = all(kernel.COMPILED for kernel in (fields, lighting, presence, ramps))
