"""What the mixes never draw from: later experiments must find it unseen."""

FONTS = frozenset({"long-cang", "saira-stencil-one"})
DEGRADATIONS = frozenset({"halftone"})
HELD_OUT = {"fonts": FONTS, "degradations": DEGRADATIONS}
