"""The panel and the commands: all of Qt."""
