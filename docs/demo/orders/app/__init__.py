"""The orders service: Lambda functions that take orders, enrich them and send receipts."""
