"""A host application for a fleet of controllers: who is there, what is wrong, what was used. Never loaded by the daemon."""
