"""Scripts that keep the house: bootstrap, check, demo."""
