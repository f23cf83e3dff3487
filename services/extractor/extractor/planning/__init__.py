"""What is to be read, decided from manifests alone, and what it will cost."""
