"""Methods x test cases -> records."""
