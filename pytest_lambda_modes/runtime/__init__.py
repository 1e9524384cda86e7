"""One invocation: what a handler sees, and what comes out of it."""
