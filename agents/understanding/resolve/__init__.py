"""From the patient's own words to values, by rules alone, whoever understood the message."""
