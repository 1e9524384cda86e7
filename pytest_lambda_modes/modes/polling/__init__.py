"""Event source mappings: a poller reads the source, forms batches, and invokes."""
