"""Proofs about all paths at once."""
