"""What keeps the daemon alive and answers for it; never imports ``flow``."""
