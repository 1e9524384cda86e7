"""JSON text as `json.dumps` writes it."""

from __future__ import annotations

import json

from pytest_lambda_modes.model.prepared_json import prepare

# Raises TypeError and ValueError for what JSON cannot carry, and RecursionError for a circle, which it does not expect.
write = prepare(json.JSONEncoder(check_circular=False))
