"""The views: one small file a picture."""
