"""The tests of iamsim."""
