"""One folder per system, found by entry point; no system imports another."""
