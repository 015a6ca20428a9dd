"""What stands behind each command of the CLI."""
