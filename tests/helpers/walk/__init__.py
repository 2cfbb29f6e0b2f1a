"""A walk: a person who does one thing after the other in a real viewer, and what must hold after each."""
