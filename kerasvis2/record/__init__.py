"""Writing event files in the background, and reading them back."""
