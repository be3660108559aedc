"""The lesson's network and its costs."""
