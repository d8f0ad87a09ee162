"""Chains that a gateway may present, what is to be said of each, and what they are made with."""
