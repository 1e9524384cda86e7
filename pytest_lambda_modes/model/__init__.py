"""Words, numbers, frozen configuration and facts: what the simulation is about, with nothing that acts."""
