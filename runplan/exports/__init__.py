"""A plan in the formats runners take away: one file per format, one table of them all.

The libraries behind the heavier formats are imported when a plan is exported, not before.
"""
