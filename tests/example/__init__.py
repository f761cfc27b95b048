"""A system by the book, which users never see: read it beside CONTRIBUTING, "Adding a system"."""
