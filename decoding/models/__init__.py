"""Model files: the manifest, the download from several sources, verification."""
