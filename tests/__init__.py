"""The tests. A package, so that `tests.support` is found before anything of that name elsewhere."""
