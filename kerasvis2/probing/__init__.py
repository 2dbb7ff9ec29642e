"""What `kerasvis2.probe` is made of: display, labels, checks, and reading data sets and files."""
