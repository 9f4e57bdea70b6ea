"""The write path of cases: imports of whole studies."""
