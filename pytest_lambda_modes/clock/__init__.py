"""Virtual time and what makes the host obey it. Nothing here knows of Lambda."""
