"""Training of the models that write plans: data, base, LoRA, merge, export.

Nothing here is imported by the app; `runplan` never imports this package.
"""
