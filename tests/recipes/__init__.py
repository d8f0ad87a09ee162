"""Certificates as real tools and manuals make them, what persona and others say of them, and docs/certificates.md."""
