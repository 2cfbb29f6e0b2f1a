"""What `page.py` measures, a module for each kind of thing."""
