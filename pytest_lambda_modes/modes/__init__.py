"""The three ways in which Lambda invokes a function."""
