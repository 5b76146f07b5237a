"""Earlier runs and what they found: what is new, what is gone, and since when.

`runs` is pure and knows what follows from what, `taking` what of an assessment is kept. `store` keeps it: in one SQLite `file`, or in
`postgres`, with the tables of `schema`. `outbox` holds what is still to be told to somebody.
"""
