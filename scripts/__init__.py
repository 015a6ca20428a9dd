"""What builds, measures and makes models for edged; never on the box."""
