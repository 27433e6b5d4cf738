"""The nouns of the field and the arithmetic that is always true of them."""
