"""The nouns: frozen values of the standard library, without I/O and without a clock."""
