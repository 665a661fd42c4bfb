"""The pieces of the page. Imports `runplan`, never the other way round."""
