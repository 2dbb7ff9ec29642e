"""What `Monitor` is made of: small objects, each with one thing to remember."""
