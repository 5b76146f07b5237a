"""The audit log: what was done, in files that can only grow, so that nobody can change what stands in them unseen.

`merkle` is the tree of RFC 6962 and its proofs, `note` the signed heads; both are pure. `ledger` writes them, `audit` verifies them.
"""
