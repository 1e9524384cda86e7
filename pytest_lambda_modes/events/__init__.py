"""Payloads, one file per source. Pure."""
