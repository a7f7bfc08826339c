"""How many planted exposures verifying finds, at how many false alarms and what cost."""
