"""The objects behind the fixtures: what a test holds."""
