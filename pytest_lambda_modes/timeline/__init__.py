"""What happened, kept and told."""
