"""Where a mistake in a profile is, and what was expected there."""

Place = tuple[str, ...]  # keys, and numbers of list elements
Fault = tuple[Place, str]
