"""Earlier runs and what they found: what is new, what is gone, and since when.

`runs` is pure and knows what follows from what. `store` keeps it in one SQLite file, and `schema` says what that file looks like.
"""
