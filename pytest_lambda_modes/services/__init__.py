"""Where messages, records and results live. Passive: nothing here invokes."""
