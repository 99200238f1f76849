"""What all imports of files share: reading CSV, reading cells, and keeping the cleaning report."""
