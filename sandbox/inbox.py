"""placeholder"""
import re
def anchor(system: str, key: str | None) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"{system}-{key or ''}")
