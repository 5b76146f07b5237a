"""Policies as exact sets of requests, over actions, resources and contexts: what the evaluator says of one request, said of all."""
