"""Speed beside the floor (decode and encode alone) and beside what people would use instead."""
