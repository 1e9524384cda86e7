"""RequestResponse: a caller waits for the answer, be it a test, another function or one of AWS's services."""
