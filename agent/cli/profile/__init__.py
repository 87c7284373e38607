"""`gadelys profile`: device profiles, listed, shown as a page, checked."""
