"""Event patterns and whether an event matches them. Pure."""
