"""What pydantic found wrong, in one line."""

from pydantic import ValidationError


def findings_of(error: ValidationError) -> str:
    """Where each finding is, `file` for the whole, and what it says."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
