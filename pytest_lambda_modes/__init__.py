"""Test AWS Lambda handlers under Lambda's own delivery rules, in virtual time."""
