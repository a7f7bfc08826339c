"""What is measured about streamblur and about other tools; not part of the package."""
