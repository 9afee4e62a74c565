"""Where user code runs: bubblewrap, no network, limits, and nothing outside it changed."""
