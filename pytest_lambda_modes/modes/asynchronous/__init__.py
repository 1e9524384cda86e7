"""Event invocations: accepted, queued, retried, given up."""
