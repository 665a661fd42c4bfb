"""Measurements: ours and a peer in one run, one JSON object as the last line."""
