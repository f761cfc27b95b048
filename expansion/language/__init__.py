"""The YAML that GTM operations write: models, loading, checking, and mistakes in words."""
